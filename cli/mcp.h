#ifndef HEAPQ_CLI_MCP_H_
#define HEAPQ_CLI_MCP_H_

#include "cli/commands.h"

namespace heapq {

// The command `mcp`, as those of commands.h.
void AddMcp(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_H_
