#ifndef HEAPQ_QUERY_GRAPH_MIN_CUT_H_
#define HEAPQ_QUERY_GRAPH_MIN_CUT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "query/graph/graph_view.h"

namespace heapq {

struct CutOptions {
  uint32_t most_references = 100;
  uint64_t most_visited = 1000000;  // objects, in one search
};

// How many references must go for an object to be freed, and which.
struct Cut {
  enum Outcome {
    kFound,    // `references`, by held and holder; none: only what passes by
               // itself (caches, the machine stack) holds the object
    kFixed,    // `path` holds it and nothing on it can be cut
    kTooMany,  // more than most_references
    kGaveUp,   // most_visited was too small for an answer
  };
  Outcome outcome = kFound;
  std::vector<References> references;
  std::vector<uint32_t> path;  // from a root's object to the asked one
};

// The smallest set of cuttable references whose loss frees `target`; of
// several such sets the one nearest to it. A maximum flow from the roots to
// the target, where a cuttable reference has capacity 1, a fixed one any and
// a passing one none; found by shortest augmenting paths (Edmonds & Karp,
// 1972) that are searched for backwards from the target and take the best
// path of the first object where that one has room. `target` must be
// reachable.
absl::StatusOr<Cut> FindCut(GraphView* graph, uint32_t target,
                            const CutOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_MIN_CUT_H_
