#ifndef HEAPQ_CLI_CHECK_H_
#define HEAPQ_CLI_CHECK_H_

#include "cli/commands.h"

namespace heapq {

// The command `check`, as those of commands.h.
void AddCheck(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_CHECK_H_
