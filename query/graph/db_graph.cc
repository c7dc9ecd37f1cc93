#include "query/graph/db_graph.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

bool MayHaveInstances(ObjectType type) {
  return type == ObjectType::kClass || type == ObjectType::kModule ||
         type == ObjectType::kGhost || type == ObjectType::kUnknown;
}

}  // namespace

absl::StatusOr<PathRole> DbGraph::RoleOfKind(ObjectType type, int64_t kind,
                                             bool hidden_root) {
  const auto key = std::make_tuple(type, kind, hidden_root);
  const auto found = roles_.find(key);
  if (found != roles_.end()) return found->second;
  ASSIGN_OR_RETURN(const std::string name, db_.Name(kind));
  return roles_[key] = RoleOf(type, name, hidden_root);
}

absl::StatusOr<const DbGraph::Known*> DbGraph::Know(uint32_t id) {
  const auto found = known_.find(id);
  if (found != known_.end()) return &found->second;
  Known known;
  {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT type, kind, class, size, tier, parent, idom, "
                   "retained FROM objects WHERE id = ?1"));
    row->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool exists, row->Step());
    if (!exists) {
      return absl::DataLossError(
          absl::StrCat(db_.path(), ": object #", id,
                       " is referred to but missing; load the dump again"));
    }
    known.node.type = static_cast<ObjectType>(row->Int(0));
    known.node.kind = row->Int(1);
    known.class_id = static_cast<uint32_t>(row->Int(2));
    ASSIGN_OR_RETURN(known.node.class_id, classes_.Of(known.class_id));
    known.node.ghost = id > db_.object_count();
    known.node.size = static_cast<uint64_t>(row->Int(3));
    if (!row->is_null(4) && !row->is_null(5)) {
      known.node.tier = static_cast<uint8_t>(row->Int(4));
      known.node.parent = static_cast<uint32_t>(row->Int(5));
      known.node.idom = static_cast<uint32_t>(row->Int(6));
      known.node.retained = static_cast<uint64_t>(row->Int(7));
    }
  }
  const bool held_by_root =
      known.node.tier != kUnreachable && known.node.parent == 0;
  const bool hidden_root =
      IsHiddenRoot(known.node.type, known.class_id != 0, held_by_root);
  if (known.node.type == ObjectType::kImemo ||
      known.node.type == ObjectType::kData) {
    ASSIGN_OR_RETURN(known.role,
                     RoleOfKind(known.node.type, known.node.kind, hidden_root));
  } else {
    known.role = RoleOf(known.node.type, {}, hidden_root);
  }
  return &known_.emplace(id, known).first->second;
}

absl::StatusOr<GraphView::Node> DbGraph::At(uint32_t id) {
  ASSIGN_OR_RETURN(const Known* known, Know(id));
  return known->node;
}

absl::StatusOr<Hold> DbGraph::HoldOf(const EdgeRow& edge) {
  ASSIGN_OR_RETURN(const Known* known, Know(edge.src));
  const PathRole from = known->role;
  ASSIGN_OR_RETURN(known, Know(edge.dst));
  const PathRole to = known->role;
  bool on_stack = false;
  if (edge.kind == EdgeKind::kItem) {
    ASSIGN_OR_RETURN(const std::string name, db_.Name(edge.label));
    on_stack = name == kMachineStack;
  }
  return EdgeHold(from, edge.kind, to, on_stack);
}

absl::Status DbGraph::CountRoots(uint32_t id, Arc* arc) {
  ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(id));
  for (const RootRow& root : roots) {
    if (!root.weak) arc->Add(RootHold(root.category, !root.name.empty()));
  }
  return absl::OkStatus();
}

absl::Status DbGraph::ReadInstances() {
  if (has_instances_) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT class, id FROM objects WHERE class IS NOT NULL"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    instances_.emplace_back(static_cast<uint32_t>(rows->Int(0)),
                            static_cast<uint32_t>(rows->Int(1)));
  }
  std::sort(instances_.begin(), instances_.end());
  has_instances_ = true;
  return absl::OkStatus();
}

absl::Status DbGraph::Holders(uint32_t id, std::vector<Arc>* arcs) {
  arcs->clear();
  Arc root;
  RETURN_IF_ERROR(CountRoots(id, &root));
  if (root.count() > 0) arcs->push_back(root);

  std::vector<EdgeRow> edges;
  {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT r.src, e.kind, e.label FROM referrers r JOIN edges "
                   "e ON e.src = r.src AND e.n = r.n WHERE r.dst = ?1 ORDER "
                   "BY r.src, r.n"));
    rows->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      EdgeRow edge;
      edge.src = static_cast<uint32_t>(rows->Int(0));
      edge.dst = id;
      edge.kind = static_cast<EdgeKind>(rows->Int(1));
      edge.label = rows->Int(2);
      edges.push_back(edge);
    }
  }
  for (const EdgeRow& edge : edges) {
    if (arcs->empty() || arcs->back().holder != edge.src) {
      arcs->emplace_back().holder = edge.src;
    }
    ASSIGN_OR_RETURN(const Hold hold, HoldOf(edge));
    arcs->back().Add(hold);
  }
  ASSIGN_OR_RETURN(const Known* known, Know(id));
  if (!MayHaveInstances(known->node.type)) return absl::OkStatus();

  RETURN_IF_ERROR(ReadInstances());
  const size_t others = arcs->size();
  for (auto at = std::lower_bound(instances_.begin(), instances_.end(),
                                  std::make_pair(id, uint32_t{0}));
       at != instances_.end() && at->first == id; ++at) {
    const auto end = arcs->begin() + static_cast<std::ptrdiff_t>(others);
    const auto same = std::lower_bound(
        arcs->begin(), end, at->second,
        [](const Arc& arc, uint32_t holder) { return arc.holder < holder; });
    if (same != end && same->holder == at->second) {
      ++same->fixed;
    } else {
      Arc& arc = arcs->emplace_back();
      arc.holder = at->second;
      arc.fixed = 1;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<GraphView::Arc> DbGraph::Between(uint32_t holder, uint32_t id) {
  Arc arc;
  arc.holder = holder;
  if (holder == 0) {
    RETURN_IF_ERROR(CountRoots(id, &arc));
    return arc;
  }
  std::vector<EdgeRow> edges;
  {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT e.kind, e.label FROM referrers r JOIN edges e ON "
                   "e.src = r.src AND e.n = r.n WHERE r.dst = ?1 AND r.src = "
                   "?2"));
    rows->Bind(1, int64_t{id});
    rows->Bind(2, int64_t{holder});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      EdgeRow edge;
      edge.src = holder;
      edge.dst = id;
      edge.kind = static_cast<EdgeKind>(rows->Int(0));
      edge.label = rows->Int(1);
      edges.push_back(edge);
    }
  }
  for (const EdgeRow& edge : edges) {
    ASSIGN_OR_RETURN(const Hold hold, HoldOf(edge));
    arc.Add(hold);
  }
  ASSIGN_OR_RETURN(const Known* known, Know(holder));
  if (known->class_id == id) ++arc.fixed;
  return arc;
}

absl::Status DbGraph::Held(uint32_t id, std::vector<uint32_t>* ids) {
  ids->clear();
  ASSIGN_OR_RETURN(Statement * rows,
                   db_.Cached("SELECT dst FROM edges WHERE src = ?1"));
  rows->Bind(1, int64_t{id});
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    ids->push_back(static_cast<uint32_t>(rows->Int(0)));
  }
  ASSIGN_OR_RETURN(const Known* known, Know(id));
  if (known->class_id != 0) ids->push_back(known->class_id);
  return absl::OkStatus();
}

absl::Status DbGraph::Below(
    uint32_t id, absl::FunctionRef<void(uint32_t, const Object&)> use) {
  return dominated_.Below(id, [&](const DominatorChild& dominated) {
    Object object;
    object.type = dominated.type;
    object.kind = dominated.kind;
    object.ghost = dominated.id > db_.object_count();
    object.class_id = dominated.class_id;
    object.size = dominated.size;
    use(dominated.id, object);
  });
}

}  // namespace heapq
