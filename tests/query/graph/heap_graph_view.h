#ifndef HEAPQ_TESTS_QUERY_GRAPH_HEAP_GRAPH_VIEW_H_
#define HEAPQ_TESTS_QUERY_GRAPH_HEAP_GRAPH_VIEW_H_

#include <map>
#include <vector>

#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "query/graph/graph_view.h"

namespace heapq {

// A heap in memory as a GraphView: the slow, obvious way.
class HeapGraphView : public GraphView {
 public:
  // Both must outlive this.
  HeapGraphView(const Heap& heap, const Analysis& analysis);

  absl::StatusOr<Node> At(uint32_t id) override;
  absl::Status Holders(uint32_t id, std::vector<Arc>* arcs) override;
  absl::StatusOr<Arc> Between(uint32_t holder, uint32_t id) override;
  absl::Status Held(uint32_t id, std::vector<uint32_t>* ids) override;
  absl::Status Below(
      uint32_t id,
      absl::FunctionRef<void(uint32_t, const Object&)> use) override;

  // All arcs, by held object and holder.
  const std::vector<std::map<uint32_t, Arc>>& arcs() const { return arcs_; }

 private:
  Object ObjectAt(uint32_t id) const;

  const Heap& heap_;
  const Analysis& analysis_;
  std::vector<std::map<uint32_t, Arc>> arcs_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_QUERY_GRAPH_HEAP_GRAPH_VIEW_H_
