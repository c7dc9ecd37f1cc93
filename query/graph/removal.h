#ifndef HEAPQ_QUERY_GRAPH_REMOVAL_H_
#define HEAPQ_QUERY_GRAPH_REMOVAL_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "query/graph/graph_view.h"

namespace heapq {

// The objects and references to remove. References between two objects are gone
// when all of those that the heap has are.
struct Removal {
  std::vector<uint32_t> objects;
  std::vector<References> references;
};

// The objects that were reachable and are not afterwards. Overlaps of what is
// dropped count once.
struct RemovalEffect {
  // Objects of one class, or of one type where they have none.
  struct Sum {
    uint32_t class_id = 0;                   // as obj.class answers
    ObjectType type = ObjectType::kUnknown;  // where there is no class
    uint64_t objects = 0;
    uint64_t size = 0;  // bytes
  };
  std::vector<uint32_t> ids;  // ascending, ghosts included
  uint64_t objects = 0;       // without ghosts
  uint64_t size = 0;          // bytes
  std::vector<Sum> sums;      // in no order, without ghosts
};

// Where one object's loss is all that is asked, directly or by its references,
// that is what it dominates. Else this looks only at what has something
// dropped on its best path; all else keeps that path and stays. Memory and
// look-ups are proportional to that part and its references.
absl::StatusOr<RemovalEffect> FindRemovalEffect(GraphView* graph,
                                                const Removal& drop);

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_REMOVAL_H_
