#include "query/heap_rows.h"

#include <memory>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

uint32_t Id(const Statement& row, int column) {
  return static_cast<uint32_t>(row.Int(column));
}

// The rows (src, n, dst, kind, label) of one table, by src.
class EdgeCursor {
 public:
  EdgeCursor(Statement* rows, bool weak) : rows_(*rows), weak_(weak) {}

  absl::Status Next() {
    ASSIGN_OR_RETURN(more_, rows_.Step());
    return absl::OkStatus();
  }
  bool IsOf(uint32_t src) const { return more_ && Id(rows_, 0) == src; }
  EdgeRow Row() const {
    EdgeRow edge;
    edge.src = Id(rows_, 0);
    edge.n = rows_.Int(1);
    edge.dst = Id(rows_, 2);
    edge.kind = static_cast<EdgeKind>(rows_.Int(3));
    edge.label = rows_.Int(4);
    edge.weak = weak_;
    return edge;
  }

 private:
  Statement& rows_;
  const bool weak_;
  bool more_ = false;
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

absl::StatusOr<std::string_view> HeapRows::ClassName(uint32_t id) {
  if (id == 0) return std::string_view();
  auto& kept = classes_[id];
  if (kept == nullptr) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT c.name FROM classes raw JOIN classes c ON c.id = "
                   "coalesce(raw.\"real\", raw.id) WHERE raw.id = ?1"));
    row->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool found, row->Step());
    kept = std::make_unique<std::string>(found ? row->Text(0) : "");
  }
  return std::string_view(*kept);
}

absl::StatusOr<const HeapRows::Site*> HeapRows::SiteOf(int64_t number) {
  auto& kept = sites_[number];
  if (kept == nullptr) {
    kept = std::make_unique<Site>();
    ASSIGN_OR_RETURN(Statement * row,
                     db_.Cached("SELECT file, line, method FROM sites WHERE "
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

absl::Status HeapRows::Nodes(
    absl::FunctionRef<absl::Status(const NodeRow&)> row) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT o.id, o.address, o.type, o.flags, o.class, o.kind, "
                 "o.name, s.value, o.size, o.site, o.generation, o.tier, "
                 "o.idom, o.retained FROM objects o LEFT JOIN strings s ON "
                 "s.id = o.id ORDER BY o.id"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Step());
    if (!more) return absl::OkStatus();
    NodeRow node;
    node.id = Id(*rows, 0);
    node.address = static_cast<uint64_t>(rows->Int(1));
    node.type = static_cast<ObjectType>(rows->Int(2));
    node.flags = static_cast<uint8_t>(rows->Int(3));
    node.class_id = Id(*rows, 4);
    ASSIGN_OR_RETURN(node.class_name, ClassName(node.class_id));
    ASSIGN_OR_RETURN(node.kind, Name(rows->Int(5)));
    ASSIGN_OR_RETURN(node.name, Name(rows->Int(6)));
    if (!rows->is_null(7)) node.text = rows->Text(7);
    node.size = static_cast<uint64_t>(rows->Int(8));
    if (!rows->is_null(9)) {
      ASSIGN_OR_RETURN(const Site* site, SiteOf(rows->Int(9)));
      node.file = site->file;
      node.line = site->line;
      node.method = site->method;
    }
    if (!rows->is_null(10)) node.generation = Id(*rows, 10);
    node.reachable = !rows->is_null(11);
    node.idom = Id(*rows, 12);
    if (!rows->is_null(13)) {
      node.retained = static_cast<uint64_t>(rows->Int(13));
    }
    RETURN_IF_ERROR(row(node));
  }
}

absl::Status HeapRows::Edges(
    absl::FunctionRef<absl::Status(const EdgeRow&)> row) {
  ASSIGN_OR_RETURN(Statement * objects,
                   db_.Cached("SELECT id, class FROM objects ORDER BY id"));
  ASSIGN_OR_RETURN(Statement * strong_rows,
                   db_.Cached("SELECT src, n, dst, kind, label FROM edges "
                              "ORDER BY src, n"));
  ASSIGN_OR_RETURN(Statement * weak_rows,
                   db_.Cached("SELECT src, n, dst, kind, label FROM "
                              "weak_edges ORDER BY src, n"));
  EdgeCursor strong(strong_rows, false);
  EdgeCursor weak(weak_rows, true);
  RETURN_IF_ERROR(strong.Next());
  RETURN_IF_ERROR(weak.Next());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, objects->Step());
    if (!more) return absl::OkStatus();
    const uint32_t src = Id(*objects, 0);
    if (!objects->is_null(1)) {
      EdgeRow edge;
      edge.src = src;
      edge.dst = Id(*objects, 1);
      edge.kind = EdgeKind::kClass;
      RETURN_IF_ERROR(row(edge));
    }
    for (EdgeCursor* cursor : {&strong, &weak}) {
      while (cursor->IsOf(src)) {
        RETURN_IF_ERROR(row(cursor->Row()));
        RETURN_IF_ERROR(cursor->Next());
      }
    }
  }
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
    root.weak = rows->Int(3) != 0;
    RETURN_IF_ERROR(row(root));
  }
}

}  // namespace heapq
