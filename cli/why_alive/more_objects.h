#ifndef HEAPQ_CLI_WHY_ALIVE_MORE_OBJECTS_H_
#define HEAPQ_CLI_WHY_ALIVE_MORE_OBJECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/app/session.h"

namespace heapq {

// `why-alive --cut`: which references must go to free the object.
absl::Status RunCut(HeapDb* db, uint32_t id, Session& session);
// `why-alive --all-of`: the paths of all instances of a class as one tree,
// without hops that have less than `min_share` (as typed) of them.
absl::Status RunAllOf(HeapDb* db, const std::string& class_name,
                      const std::string& min_share, Session& session);
// The same for some objects, ascending.
absl::Status RunMerged(HeapDb* db, const std::vector<uint32_t>& ids,
                       const std::string& min_share, Session& session);

}  // namespace heapq

#endif  // HEAPQ_CLI_WHY_ALIVE_MORE_OBJECTS_H_
