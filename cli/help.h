#ifndef HEAPQ_CLI_HELP_H_
#define HEAPQ_CLI_HELP_H_

#include "cli/commands.h"

namespace heapq {

// The commands about heapq itself, as those of commands.h; they tell of all
// that `app` has when they run.
void AddHelp(CommandBuilder* app, Action* chosen);
void AddCompletions(CommandBuilder* app, Action* chosen);
void AddMan(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_H_
