#include "query/graph/scanned_graph.h"

#include "absl/container/flat_hash_map.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_scan.h"

namespace heapq {

absl::Status ScannedGraph::Scan() {
  RETURN_IF_ERROR(ScanObjects());
  return ScanEdges();
}

absl::Status ScannedGraph::ScanObjects() {
  const size_t ids = size_t{db_.last_id()} + 1;
  type_.resize(ids);
  kind_.resize(ids);
  class_.resize(ids);
  size_.resize(ids);
  tier_.resize(ids, kUnreachable);
  parent_.resize(ids);
  idom_.resize(ids);
  retained_.resize(ids);
  ASSIGN_OR_RETURN(const auto rows, ScanTable(&db_, "objects", 16));
  absl::flat_hash_map<uint32_t, uint32_t> real;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Next());
    if (!more) return absl::OkStatus();
    const auto id = static_cast<uint64_t>(rows->Int(0));
    if (id >= ids) return absl::OkStatus();
    type_[id] = static_cast<uint8_t>(rows->Int(2));
    kind_[id] = static_cast<uint32_t>(rows->Int(3));
    const auto class_id = static_cast<uint32_t>(rows->Int(4));
    const auto [known, added] = real.try_emplace(class_id, 0);
    if (added) {
      ASSIGN_OR_RETURN(known->second, classes_.Of(class_id));
    }
    class_[id] = known->second;
    size_[id] = static_cast<uint64_t>(rows->Int(5));
    if (rows->is_null(10) || rows->is_null(11)) continue;
    const auto parent = static_cast<uint64_t>(rows->Int(11));
    const auto idom = static_cast<uint64_t>(rows->Int(14));
    // A damaged file could name some that are not there.
    if (parent >= ids || idom >= ids) continue;
    tier_[id] = static_cast<uint8_t>(rows->Int(10));
    parent_[id] = static_cast<uint32_t>(parent);
    idom_[id] = static_cast<uint32_t>(idom);
    retained_[id] = static_cast<uint64_t>(rows->Int(15));
  }
}

absl::Status ScannedGraph::ScanEdges() {
  const size_t ids = parent_.size();
  edge_kind_.resize(ids, kNoEdge);
  edge_label_.resize(ids);
  ASSIGN_OR_RETURN(const auto rows, ScanTable(&db_, "edges", 5));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Next());
    if (!more) return absl::OkStatus();
    const auto src = static_cast<uint64_t>(rows->Int(0));
    const auto dst = static_cast<uint64_t>(rows->Int(2));
    if (src == 0 || dst >= ids || parent_[dst] != src) continue;
    const auto kind = static_cast<uint8_t>(rows->Int(3));
    if (edge_kind_[dst] != kNoEdge &&
        EdgePreference(static_cast<EdgeKind>(edge_kind_[dst])) <=
            EdgePreference(static_cast<EdgeKind>(kind))) {
      continue;
    }
    edge_kind_[dst] = kind;
    edge_label_[dst] = rows->Int(4);
  }
}

absl::StatusOr<GraphView::Node> ScannedGraph::At(uint32_t id) {
  // Ids that are missing are errors, which DbGraph words.
  if (id >= type_.size() || id == 0) return DbGraph::At(id);
  Node node;
  node.type = static_cast<ObjectType>(type_[id]);
  node.kind = kind_[id];
  node.ghost = id > db_.object_count();
  node.class_id = class_[id];
  node.size = size_[id];
  node.tier = tier_[id];
  node.parent = parent_[id];
  node.idom = idom_[id];
  node.retained = retained_[id];
  return node;
}

absl::StatusOr<EdgeRow> ScannedGraph::BestHop(uint32_t holder, uint32_t id) {
  if (id >= edge_kind_.size() || edge_kind_[id] == kNoEdge ||
      parent_[id] != holder) {
    return hops_.Best(holder, id);
  }
  EdgeRow edge;
  edge.src = holder;
  edge.dst = id;
  edge.kind = static_cast<EdgeKind>(edge_kind_[id]);
  edge.label = edge_label_[id];
  return edge;
}

}  // namespace heapq
