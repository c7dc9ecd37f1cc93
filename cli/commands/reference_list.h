#ifndef HEAPQ_CLI_COMMANDS_REFERENCE_LIST_H_
#define HEAPQ_CLI_COMMANDS_REFERENCE_LIST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/app/command_builder.h"
#include "cli/app/session.h"
#include "query/db/edges.h"
#include "query/objects/object_view.h"

namespace heapq {

// Shared by the commands that list objects.

struct PageOptions {
  std::string id;
  uint64_t count = 20;
  uint64_t skip = 0;

  Page page() const { return {skip, count}; }
};

// Adds the positional ID, -n and --skip.
std::shared_ptr<PageOptions> AddPageOptions(CommandBuilder* command);

// Prints one page of edges, the total and how to go on. `command` is the
// command's name with the id.
void PrintNeighbours(const Paged<Neighbour>& page, const PageOptions& options,
                     const std::string& command, Session& session);

}  // namespace heapq

#endif  // HEAPQ_CLI_COMMANDS_REFERENCE_LIST_H_
