#ifndef HEAPQ_CLI_SEARCH_H_
#define HEAPQ_CLI_SEARCH_H_

#include "cli/commands.h"

namespace heapq {

// The command `search`, as those of commands.h.
void AddSearch(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_SEARCH_H_
