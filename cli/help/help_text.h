#ifndef HEAPQ_CLI_HELP_HELP_TEXT_H_
#define HEAPQ_CLI_HELP_HELP_TEXT_H_

#include <string>

#include "cli/help/command_line.h"

namespace heapq {

// The text of `heapq COMMAND --help`, in lines of at most 80 cells except for
// examples: what the command does, its arguments, its options, those that all
// commands take, and examples.
std::string HelpText(const CommandLineHelp& line, const CommandHelp& command);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_HELP_TEXT_H_
