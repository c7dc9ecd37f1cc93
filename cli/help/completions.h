#ifndef HEAPQ_CLI_HELP_COMPLETIONS_H_
#define HEAPQ_CLI_HELP_COMPLETIONS_H_

#include <string>

#include "cli/help/command_line.h"

namespace heapq {

// Scripts that teach a shell the command line. For ids and classes they ask
// the program itself, by `completions --list`, which prints a candidate a line
// and behind a tab what it is.
std::string BashCompletion(const CommandLineHelp& help);
std::string ZshCompletion(const CommandLineHelp& help);
std::string FishCompletion(const CommandLineHelp& help);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_COMPLETIONS_H_
