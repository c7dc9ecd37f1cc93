#include "tests/query/graph/heap_graph_view.h"

#include "indexer/model/path_policy.h"

namespace heapq {

HeapGraphView::HeapGraphView(const Heap& heap, const Analysis& analysis)
    : heap_(heap), analysis_(analysis), arcs_(size_t{heap.last_id()} + 1) {
  std::vector<bool> rooted(arcs_.size());
  for (const RootEntry& root : heap.roots) {
    if (root.weak) continue;
    rooted[root.dst] = true;
    arcs_[root.dst][0].Add(RootHold(root.category, !root.name.empty()));
  }
  const auto role = [&](ObjectId id) {
    return RoleOf(
        heap.type[id], heap.names.Text(heap.kind[id]),
        IsHiddenRoot(heap.type[id], heap.class_of[id] != 0, rooted[id]));
  };
  for (ObjectId src = 1; src <= heap.last_id(); ++src) {
    const auto add = [&](ObjectId dst, EdgeKind kind, bool on_stack) {
      Arc& arc = arcs_[dst][src];
      arc.holder = src;
      arc.Add(EdgeHold(role(src), kind, role(dst), on_stack));
    };
    for (uint32_t e = heap.edges.begin[src]; e < heap.edges.begin[src + 1];
         ++e) {
      const EdgeKind kind = heap.edges.kind[e];
      add(heap.edges.dst[e], kind,
          kind == EdgeKind::kItem &&
              heap.names.Text(heap.edges.label[e]) == kMachineStack);
    }
    if (heap.class_of[src] != 0) {
      add(heap.class_of[src], EdgeKind::kClass, false);
    }
  }
}

GraphView::Object HeapGraphView::ObjectAt(uint32_t id) const {
  Object object;
  object.type = heap_.type[id];
  object.kind = heap_.kind[id];
  object.ghost = id > heap_.object_count;
  object.class_id = heap_.class_of[id];
  object.size = heap_.size[id];
  return object;
}

absl::StatusOr<GraphView::Node> HeapGraphView::At(uint32_t id) {
  Node node;
  static_cast<Object&>(node) = ObjectAt(id);
  node.tier = analysis_.tier[id];
  node.parent = analysis_.parent[id];
  node.idom = analysis_.idom[id];
  node.retained = analysis_.retained[id];
  return node;
}

absl::Status HeapGraphView::Holders(uint32_t id, std::vector<Arc>* arcs) {
  arcs->clear();
  for (const auto& [holder, arc] : arcs_[id]) arcs->push_back(arc);
  return absl::OkStatus();
}

absl::StatusOr<GraphView::Arc> HeapGraphView::Between(uint32_t holder,
                                                      uint32_t id) {
  const auto found = arcs_[id].find(holder);
  return found == arcs_[id].end() ? Arc() : found->second;
}

absl::Status HeapGraphView::Held(uint32_t id, std::vector<uint32_t>* ids) {
  ids->clear();
  for (uint32_t held = 1; held < arcs_.size(); ++held) {
    if (arcs_[held].count(id) != 0) ids->push_back(held);
  }
  return absl::OkStatus();
}

absl::Status HeapGraphView::Below(
    uint32_t id, absl::FunctionRef<void(uint32_t, const Object&)> use) {
  for (uint32_t below = 1; below <= heap_.last_id(); ++below) {
    if (analysis_.tier[below] == Analysis::kUnreachable) continue;
    uint32_t above = below;
    do above = analysis_.idom[above];
    while (above != 0 && above != id);
    if (above == id) use(below, ObjectAt(below));
  }
  return absl::OkStatus();
}

}  // namespace heapq
