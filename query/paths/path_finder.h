#ifndef HEAPQ_QUERY_PATHS_PATH_FINDER_H_
#define HEAPQ_QUERY_PATHS_PATH_FINDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"

namespace heapq {

// The objects of a retention path, root first, before anything is named.
struct ObjectPath {
  struct Hop {
    uint32_t id = 0;
    uint64_t gap_before = 0;  // hops that are left out in front of this one
    bool weak = false;        // a weak edge, or a weak root, leads to it
  };
  std::vector<Hop> hops;
  uint64_t length = 0;  // hops and gaps
  int tier = 0;         // the worst of its edges, as objects.tier

  bool empty() const { return hops.empty(); }
};

// Finds retention paths. The best one is in the file, as parents and jump
// pointers (Myers, "An applicative random-access stack", 1983): its ends are
// found in logarithmic time, however long it is. `db` and `edges` must outlive
// the finder.
class PathFinder {
 public:
  // Hops that are kept at each end of a long path.
  static constexpr uint32_t kEnds = 20;

  PathFinder(HeapDb* db, Edges* edges) : db_(*db), edges_(*edges) {}

  // `object` must be reachable. `all_hops`: nothing is left out.
  absl::StatusOr<ObjectPath> Best(const ObjectRow& object, bool all_hops);

  // At most `count` paths besides `best` that differ from it and from each
  // other in more than one hop, best first: each leaves the best path at one
  // of its objects, for another holder of it, and goes on by that one's own
  // best path. None visits an object twice.
  absl::StatusOr<std::vector<ObjectPath>> Others(const ObjectPath& best,
                                                 size_t count, bool all_hops);

  struct Search {
    ObjectPath trail;   // empty: none was found
    bool whole = true;  // false: the search was given up at its bound
    uint64_t visited = 0;
  };
  // The fewest hops over all strong edges, whoever wrote them: backwards from
  // the object, level by level, looking at no more than `most_visited`.
  absl::StatusOr<Search> Shortest(uint32_t id, uint64_t most_visited);
  // For an unreachable object: a way to it from something reachable, or from
  // a weak root, that needs a weak edge.
  absl::StatusOr<Search> Weak(uint32_t id, uint64_t most_visited);

 private:
  struct Branch;

  absl::StatusOr<ObjectRow> Ancestor(ObjectRow object, uint32_t depth);
  absl::StatusOr<ObjectRow> Parent(const ObjectRow& object);
  absl::StatusOr<std::vector<Branch>> Branches(const ObjectPath& best);
  absl::StatusOr<ObjectPath> Join(const Branch& branch, const ObjectPath& best,
                                  bool all_hops);
  absl::Status Damaged(uint32_t id) const;

  HeapDb& db_;
  Edges& edges_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_PATH_FINDER_H_
