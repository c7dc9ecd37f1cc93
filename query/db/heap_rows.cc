#include "query/db/heap_rows.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/frame_values.h"

namespace heapq {
namespace {

uint32_t Id(const Statement& row, int column) {
  return static_cast<uint32_t>(row.Int(column));
}

// Callers have arrays by id.
absl::Status CheckId(const HeapDb& db, uint32_t id) {
  if (id <= db.last_id()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(db.path(), ": object #", id,
                                          " is missing; load the dump again"));
}

constexpr char kNodesSql[] =
    "SELECT o.id, o.address, o.type, o.flags, o.class, o.kind, o.name, "
    "s.value, o.size, o.site, o.generation, o.tier, o.idom, o.retained FROM "
    "objects o LEFT JOIN strings s ON s.id = o.id ORDER BY o.id";

// The rows (src, n, dst, kind, label) of one table, by src.
class EdgeCursor {
 public:
  EdgeCursor(Statement* rows, bool weak) : rows_(rows), weak_(weak) {}

  absl::Status Next() {
    ASSIGN_OR_RETURN(more_, rows_->Step());
    return absl::OkStatus();
  }
  bool IsOf(uint32_t src) const { return more_ && Id(*rows_, 0) == src; }
  EdgeRow Row() const {
    EdgeRow edge;
    edge.src = Id(*rows_, 0);
    edge.n = rows_->Int(1);
    edge.dst = Id(*rows_, 2);
    edge.kind = static_cast<EdgeKind>(rows_->Int(3));
    edge.label = rows_->Int(4);
    edge.weak = weak_;
    return edge;
  }

 private:
  Statement* rows_;
  bool weak_;
  bool more_ = false;
};

// The references of holder after holder, in the order of their ids.
class HolderEdges {
 public:
  static absl::StatusOr<HolderEdges> Begin(HeapDb* db) {
    ASSIGN_OR_RETURN(Statement * strong,
                     db->Cached("SELECT src, n, dst, kind, label FROM edges "
                                "ORDER BY src, n"));
    ASSIGN_OR_RETURN(Statement * weak,
                     db->Cached("SELECT src, n, dst, kind, label FROM "
                                "weak_edges ORDER BY src, n"));
    HolderEdges edges(*db, strong, weak);
    RETURN_IF_ERROR(edges.strong_.Next());
    RETURN_IF_ERROR(edges.weak_.Next());
    return edges;
  }

  // `class_id` 0: it has none.
  absl::Status Of(uint32_t src, uint32_t class_id,
                  absl::FunctionRef<absl::Status(const EdgeRow&)> row) {
    if (class_id != 0) {
      EdgeRow edge;
      edge.src = src;
      edge.dst = class_id;
      edge.kind = EdgeKind::kClass;
      RETURN_IF_ERROR(CheckId(db_, class_id));
      RETURN_IF_ERROR(row(edge));
    }
    for (EdgeCursor* cursor : {&strong_, &weak_}) {
      while (cursor->IsOf(src)) {
        const EdgeRow edge = cursor->Row();
        RETURN_IF_ERROR(CheckId(db_, edge.dst));
        RETURN_IF_ERROR(row(edge));
        RETURN_IF_ERROR(cursor->Next());
      }
    }
    return absl::OkStatus();
  }

 private:
  HolderEdges(const HeapDb& db, Statement* strong, Statement* weak)
      : db_(db), strong_(strong, false), weak_(weak, true) {}

  const HeapDb& db_;
  EdgeCursor strong_;
  EdgeCursor weak_;
};

}  // namespace

absl::StatusOr<std::string_view> HeapRows::Name(int64_t number) {
  if (number == 0) return std::string_view();
  auto& kept = names_[number];
  if (kept == nullptr) {
    ASSIGN_OR_RETURN(std::string name, db_.Name(number));
    kept = std::make_unique<std::string>(std::move(name));
  }
  return std::string_view(*kept);
}

absl::StatusOr<const HeapRows::Class*> HeapRows::ClassOf(uint32_t id) {
  auto& kept = classes_[id];
  if (kept == nullptr) {
    kept = std::make_unique<Class>();
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT c.id, c.name FROM classes raw JOIN classes c ON "
                   "c.id = coalesce(raw.\"real\", raw.id) WHERE raw.id = "
                   "?1"));
    row->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (found) {
      kept->real = Id(*row, 0);
      kept->name = row->Text(1);
    }
  }
  return kept.get();
}

absl::StatusOr<const HeapRows::Site*> HeapRows::SiteOf(int64_t number) {
  auto& kept = sites_[number];
  if (kept == nullptr) {
    kept = std::make_unique<Site>();
    ASSIGN_OR_RETURN(Statement * row,
                     db_.Cached("SELECT file, line, method FROM v_sites WHERE "
                                "id = ?1"));
    row->Bind(1, number);
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (found) {
      kept->file = row->Text(0);
      kept->line = Id(*row, 1);
      kept->method = row->Text(2);
    }
  }
  return kept.get();
}

absl::StatusOr<std::string> HeapRows::Label(const EdgeRow& edge) {
  switch (LabelTypeOf(edge.kind)) {
    case LabelType::kName: {
      ASSIGN_OR_RETURN(const std::string_view name, Name(edge.label));
      return std::string(name);
    }
    case LabelType::kIndex:
      return absl::StrCat(edge.label);
    case LabelType::kObject:
      return absl::StrCat("#", edge.label);
    case LabelType::kFrameValue: {
      ASSIGN_OR_RETURN(const FrameValueRow value,
                       ReadFrameValue(&db_, edge.src, edge.label));
      return absl::StrCat(value.name, " in ", value.Where());
    }
    case LabelType::kNone:
      break;
  }
  return std::string();
}

absl::StatusOr<NodeRow> HeapRows::ReadNode(const Statement& row) {
  NodeRow node;
  node.id = Id(row, 0);
  node.address = static_cast<uint64_t>(row.Int(1));
  node.type = static_cast<ObjectType>(row.Int(2));
  node.flags = static_cast<uint8_t>(row.Int(3));
  node.class_id = Id(row, 4);
  if (node.class_id != 0) {
    ASSIGN_OR_RETURN(const Class* found, ClassOf(node.class_id));
    node.real_class_id = found->real;
    node.class_name = found->name;
  }
  ASSIGN_OR_RETURN(node.kind, Name(row.Int(5)));
  ASSIGN_OR_RETURN(node.name, Name(row.Int(6)));
  if (!row.is_null(7)) node.text = row.Text(7);
  node.size = static_cast<uint64_t>(row.Int(8));
  if (!row.is_null(9)) {
    ASSIGN_OR_RETURN(const Site* site, SiteOf(row.Int(9)));
    node.file = site->file;
    node.line = site->line;
    node.method = site->method;
  }
  if (!row.is_null(10)) node.generation = Id(row, 10);
  node.reachable = !row.is_null(11);
  node.idom = Id(row, 12);
  if (!row.is_null(13)) node.retained = static_cast<uint64_t>(row.Int(13));
  for (const uint32_t id : {node.id, node.class_id, node.idom}) {
    RETURN_IF_ERROR(CheckId(db_, id));
  }
  return node;
}

absl::Status HeapRows::Nodes(
    absl::FunctionRef<absl::Status(const NodeRow&)> row) {
  ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kNodesSql));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Step());
    if (!more) return absl::OkStatus();
    ASSIGN_OR_RETURN(const NodeRow node, ReadNode(*rows));
    RETURN_IF_ERROR(row(node));
  }
}

absl::Status HeapRows::Edges(
    absl::FunctionRef<absl::Status(const EdgeRow&)> row) {
  ASSIGN_OR_RETURN(Statement * objects,
                   db_.Cached("SELECT id, class FROM objects ORDER BY id"));
  ASSIGN_OR_RETURN(HolderEdges edges, HolderEdges::Begin(&db_));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, objects->Step());
    if (!more) return absl::OkStatus();
    const uint32_t src = Id(*objects, 0);
    RETURN_IF_ERROR(CheckId(db_, src));
    RETURN_IF_ERROR(edges.Of(src, Id(*objects, 1), row));
  }
}

absl::Status HeapRows::NodesWithEdges(
    absl::FunctionRef<absl::Status(const NodeRow&)> node,
    absl::FunctionRef<absl::Status(const EdgeRow&)> edge) {
  ASSIGN_OR_RETURN(HolderEdges edges, HolderEdges::Begin(&db_));
  return Nodes([&](const NodeRow& row) -> absl::Status {
    RETURN_IF_ERROR(node(row));
    return edges.Of(row.id, row.class_id, edge);
  });
}

absl::Status HeapRows::Roots(
    absl::FunctionRef<absl::Status(const RootRow&)> row) {
  ASSIGN_OR_RETURN(Statement * rows,
                   db_.Cached("SELECT category, name, dst, weak FROM roots "
                              "ORDER BY n"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Step());
    if (!more) return absl::OkStatus();
    RootRow root;
    root.category = rows->Text(0);
    root.name = rows->Text(1);
    root.dst = Id(*rows, 2);
    RETURN_IF_ERROR(CheckId(db_, root.dst));
    root.weak = rows->Int(3) != 0;
    RETURN_IF_ERROR(row(root));
  }
}

}  // namespace heapq
