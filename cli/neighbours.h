#ifndef HEAPQ_CLI_NEIGHBOURS_H_
#define HEAPQ_CLI_NEIGHBOURS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_builder.h"
#include "cli/session.h"
#include "query/edges.h"
#include "query/object_view.h"

namespace heapq {

// What the commands that list objects have in common.

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

#endif  // HEAPQ_CLI_NEIGHBOURS_H_
