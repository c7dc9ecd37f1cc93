#ifndef HEAPQ_QUERY_PATHS_EXCLUDING_SEARCH_H_
#define HEAPQ_QUERY_PATHS_EXCLUDING_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/paths/path_exclusion.h"
#include "query/paths/path_finder.h"

namespace heapq {

// Finds paths that avoid what a PathExclusion names. Searches backwards from
// the object, by the tier and the length that a path through a holder has at
// best (A*), until it meets holders whose own best path avoids the exclusion.
class ExcludingSearch {
 public:
  // All must outlive it.
  ExcludingSearch(HeapDb* db, Edges* edges, PathFinder* paths,
                  PathExclusion* exclusion)
      : db_(*db), edges_(*edges), paths_(*paths), exclusion_(*exclusion) {}

  struct Result {
    std::vector<ObjectPath> paths;  // best first
    bool whole = true;              // false: the search ended at its bound
  };
  // Returns at most `count` paths to `object`, which is reachable, each over
  // another holder. Looks at no more than `most_visited` objects.
  absl::StatusOr<Result> Find(const ObjectRow& object, size_t count,
                              uint64_t most_visited);

 private:
  // Returns whether nothing on the object's best path is excluded.
  absl::StatusOr<bool> IsClean(const ObjectRow& object);

  HeapDb& db_;
  Edges& edges_;
  PathFinder& paths_;
  PathExclusion& exclusion_;
  absl::flat_hash_map<uint32_t, bool> clean_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_EXCLUDING_SEARCH_H_
