#ifndef HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_
#define HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_

#include <cstdint>
#include <optional>

#include "indexer/base/column.h"
#include "indexer/heap/heap.h"
#include "indexer/model/path_policy.h"

namespace heapq {

// Knows the tier of every edge of one heap.
class EdgeTiers {
 public:
  // `heap` must outlive this. Takes one byte an object.
  explicit EdgeTiers(const Heap& heap);

  // Returns the tier of the edge with this number in heap.edges.
  Tier Of(ObjectId src, uint32_t edge) const {
    const EdgeRows& rows = heap_.edges;
    return Of(src, rows.kind[edge], rows.dst[edge],
              rows.kind[edge] == EdgeKind::kItem &&
                  rows.label[edge] == machine_stack_);
  }
  Tier OfClass(ObjectId src) const {
    return Of(src, EdgeKind::kClass, heap_.class_of[src], false);
  }

 private:
  static constexpr uint8_t kKinds = 32;
  static constexpr uint8_t kRoles = 16;

  Tier Of(ObjectId src, EdgeKind kind, ObjectId dst, bool on_stack) const {
    return on_stack ? kCache
                    : tier_[static_cast<uint8_t>(kind)][role_[src]][role_[dst]];
  }

  const Heap& heap_;
  uint32_t machine_stack_;  // number of that name, or one that none has
  Column<uint8_t> role_;    // PathRole, by id
  Tier tier_[kKinds][kRoles][kRoles];
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_
