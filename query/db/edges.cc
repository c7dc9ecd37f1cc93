#include "query/db/edges.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/path_policy.h"

namespace heapq {
namespace {

// A holder may have any number of edges to one object; these are enough to
// choose the best.
constexpr int64_t kMaxParallel = 1000;

PathRole RoleOfRow(const ObjectRow& object) {
  const bool held_by_root = object.reachable && object.parent == 0;
  return RoleOf(object.type, object.kind,
                IsHiddenRoot(object.type, object.class_id != 0, held_by_root));
}

EdgeRow EdgeOf(const Statement& row, bool weak) {
  EdgeRow edge;
  edge.src = static_cast<uint32_t>(row.Int(0));
  edge.n = row.Int(1);
  edge.dst = static_cast<uint32_t>(row.Int(2));
  edge.kind = static_cast<EdgeKind>(row.Int(3));
  edge.label = row.Int(4);
  edge.weak = weak;
  return edge;
}

absl::Status AppendEdges(Statement* rows, bool weak,
                         std::vector<EdgeRow>* edges) {
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    edges->push_back(EdgeOf(*rows, weak));
  }
}

// The part of `page` that falls on a section of `total` rows that begins at
// `begin` in the whole list.
Page Overlap(const Page& page, uint64_t begin, uint64_t total) {
  const uint64_t end = begin + total;
  const uint64_t page_end = page.count > ~uint64_t{0} - page.first
                                ? ~uint64_t{0}
                                : page.first + page.count;
  const uint64_t from = std::max(page.first, begin);
  const uint64_t to = std::min(page_end, end);
  if (from >= to) return {0, 0};
  return {from - begin, to - from};
}

// Reads one page of a list that consists of sections, each with a query of its
// own.
class SectionedPage {
 public:
  SectionedPage(HeapDb* db, uint32_t id, Page page)
      : db_(*db), id_(id), page_(page) {}

  // Appends a section of `total` rows. `sql` selects src, n, dst, kind and
  // label; ?1 is the object, ?2 the rows to skip, ?3 the rows to read.
  absl::Status Append(const char* sql, uint64_t total, bool weak) {
    const Page part = Overlap(page_, result_.total, total);
    result_.total += total;
    if (part.count == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(sql));
    rows->Bind(1, int64_t{id_});
    rows->Bind(2, static_cast<int64_t>(part.first));
    rows->Bind(3, static_cast<int64_t>(part.count));
    return AppendEdges(rows, weak, &result_.rows);
  }

  // Appends a section of one row.
  void AppendRow(const EdgeRow& edge) {
    if (Overlap(page_, result_.total, 1).count == 1) {
      result_.rows.push_back(edge);
    }
    ++result_.total;
  }

  Paged<EdgeRow> Finish() { return std::move(result_); }

 private:
  HeapDb& db_;
  const uint32_t id_;
  const Page page_;
  Paged<EdgeRow> result_;
};

EdgeRow ClassEdge(uint32_t src, uint32_t dst) {
  EdgeRow edge;
  edge.src = src;
  edge.dst = dst;
  edge.kind = EdgeKind::kClass;
  return edge;
}

}  // namespace

int EdgeTier(const ObjectRow& src, EdgeKind kind, const ObjectRow& dst) {
  return EdgeTier(RoleOfRow(src), kind, RoleOfRow(dst), false);
}

int EdgePreference(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kIvar:
    case EdgeKind::kCvar:
    case EdgeKind::kConst:
    case EdgeKind::kMember:
    case EdgeKind::kLocal:
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFiberLocal:
    case EdgeKind::kThreadVariable:
      return 0;
    case EdgeKind::kIndex:
    case EdgeKind::kHashValue:
    case EdgeKind::kHashValueOf:
      return 1;
    case EdgeKind::kHashKey:
      return 2;
    case EdgeKind::kMethod:
      return 3;
    case EdgeKind::kFramePart:
    case EdgeKind::kPart:
    case EdgeKind::kItem:
    case EdgeKind::kSuper:
      return 4;
    case EdgeKind::kRef:
      return 5;
    default:
      return 6;
  }
}

absl::StatusOr<uint64_t> Edges::Count(const char* sql, uint32_t id) {
  ASSIGN_OR_RETURN(Statement * row, db_.Cached(sql));
  row->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? static_cast<uint64_t>(row->Int(0)) : uint64_t{0};
}

absl::StatusOr<Paged<EdgeRow>> Edges::Out(const ObjectRow& object, Page page) {
  SectionedPage edges(&db_, object.id, page);
  if (object.class_id != 0) {
    edges.AppendRow(ClassEdge(object.id, object.class_id));
  }
  ASSIGN_OR_RETURN(const uint64_t strong,
                   Count("SELECT count(*) FROM edges WHERE src=?1", object.id));
  RETURN_IF_ERROR(edges.Append(
      "SELECT src, n, dst, kind, label FROM edges WHERE src = ?1 ORDER BY n "
      "LIMIT ?3 OFFSET ?2",
      strong, false));
  ASSIGN_OR_RETURN(
      const uint64_t weak,
      Count("SELECT count(*) FROM weak_edges WHERE src=?1", object.id));
  RETURN_IF_ERROR(edges.Append(
      "SELECT src, n, dst, kind, label FROM weak_edges WHERE src = ?1 ORDER BY "
      "n LIMIT ?3 OFFSET ?2",
      weak, true));
  return edges.Finish();
}

absl::StatusOr<std::vector<FieldRow>> Edges::Fields(uint32_t id,
                                                    uint64_t limit) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT at, kind, label, value FROM fields WHERE src = ?1 "
                 "ORDER BY n LIMIT ?2"));
  rows->Bind(1, int64_t{id});
  rows->Bind(2, static_cast<int64_t>(limit));
  std::vector<FieldRow> fields;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return fields;
    fields.push_back({rows->Int(0), static_cast<EdgeKind>(rows->Int(1)),
                      rows->Int(2), std::string(rows->Text(3))});
  }
}

absl::StatusOr<uint64_t> Edges::FieldCount(uint32_t id) {
  return Count("SELECT count(*) FROM fields WHERE src=?1", id);
}

absl::StatusOr<Paged<EdgeRow>> Edges::In(const ObjectRow& object, Page page) {
  SectionedPage edges(&db_, object.id, page);
  ASSIGN_OR_RETURN(
      const uint64_t strong,
      Count("SELECT count(*) FROM referrers WHERE dst=?1", object.id));
  RETURN_IF_ERROR(edges.Append(
      "SELECT r.src, r.n, r.dst, e.kind, e.label FROM (SELECT * FROM referrers "
      "WHERE dst = ?1 ORDER BY src, n LIMIT ?3 OFFSET ?2) r JOIN edges e ON "
      "e.src = r.src AND e.n = r.n ORDER BY r.src, r.n",
      strong, false));
  // Only an object that has a row in `classes` can be a class.
  ASSIGN_OR_RETURN(
      const uint64_t instances,
      Count("SELECT coalesce(sum(instances), 0) FROM classes WHERE id=?1",
            object.id));
  RETURN_IF_ERROR(edges.Append(
      "SELECT id, -1, class, $class, 0 FROM objects WHERE class = ?1 ORDER BY "
      "id LIMIT ?3 OFFSET ?2",
      instances, false));
  ASSIGN_OR_RETURN(
      const uint64_t weak,
      Count("SELECT count(*) FROM weak_edges WHERE dst=?1", object.id));
  RETURN_IF_ERROR(edges.Append(
      "SELECT src, n, dst, kind, label FROM weak_edges WHERE dst = ?1 ORDER BY "
      "src, n LIMIT ?3 OFFSET ?2",
      weak, true));
  return edges.Finish();
}

absl::StatusOr<std::optional<EdgeRow>> Edges::Best(const ObjectRow& src,
                                                   uint32_t dst) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT r.src, r.n, r.dst, e.kind, e.label FROM referrers r "
                 "JOIN edges e ON e.src = r.src AND e.n = r.n WHERE r.dst = ?1 "
                 "AND r.src = ?2 ORDER BY r.n LIMIT ?3"));
  rows->Bind(1, int64_t{dst});
  rows->Bind(2, int64_t{src.id});
  rows->Bind(3, kMaxParallel);
  std::optional<EdgeRow> best;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    const EdgeRow edge = EdgeOf(*rows, false);
    if (!best.has_value() ||
        EdgePreference(edge.kind) < EdgePreference(best->kind)) {
      best = edge;
    }
  }
  if (!best.has_value() && src.class_id == dst) {
    best = ClassEdge(src.id, dst);
  }
  return best;
}

absl::StatusOr<std::vector<EdgeRow>> Edges::Between(uint32_t src,
                                                    uint32_t dst) {
  std::vector<EdgeRow> edges;
  {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT r.src, r.n, r.dst, e.kind, e.label FROM referrers r "
                   "JOIN edges e ON e.src = r.src AND e.n = r.n WHERE r.dst = "
                   "?1 AND r.src = ?2 ORDER BY r.n"));
    rows->Bind(1, int64_t{dst});
    rows->Bind(2, int64_t{src});
    RETURN_IF_ERROR(AppendEdges(rows, false, &edges));
  }
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT 1 FROM objects WHERE id = ?1 AND class "
                              "= ?2"));
  row->Bind(1, int64_t{src});
  row->Bind(2, int64_t{dst});
  ASSIGN_OR_RETURN(const bool is_class, row->Step());
  if (is_class) edges.push_back(ClassEdge(src, dst));
  return edges;
}

absl::StatusOr<std::vector<uint32_t>> Edges::Holders(uint32_t dst,
                                                     uint64_t limit) {
  ASSIGN_OR_RETURN(Statement * rows,
                   db_.Cached("SELECT DISTINCT src FROM referrers WHERE dst = "
                              "?1 ORDER BY src LIMIT ?2"));
  rows->Bind(1, int64_t{dst});
  rows->Bind(2, static_cast<int64_t>(limit));
  std::vector<uint32_t> holders;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return holders;
    holders.push_back(static_cast<uint32_t>(rows->Int(0)));
  }
}

absl::StatusOr<std::vector<EdgeRow>> Edges::WeakIn(uint32_t dst,
                                                   uint64_t limit) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT src, n, dst, kind, label FROM weak_edges WHERE dst = "
                 "?1 ORDER BY src, n LIMIT ?2"));
  rows->Bind(1, int64_t{dst});
  rows->Bind(2, static_cast<int64_t>(limit));
  std::vector<EdgeRow> edges;
  RETURN_IF_ERROR(AppendEdges(rows, true, &edges));
  return edges;
}

absl::StatusOr<std::vector<uint32_t>> Edges::Instances(uint32_t class_id,
                                                       uint64_t limit) {
  ASSIGN_OR_RETURN(Statement * rows,
                   db_.Cached("SELECT id FROM objects WHERE class = ?1 ORDER "
                              "BY id LIMIT ?2"));
  rows->Bind(1, int64_t{class_id});
  rows->Bind(2, static_cast<int64_t>(limit));
  std::vector<uint32_t> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return ids;
    ids.push_back(static_cast<uint32_t>(rows->Int(0)));
  }
}

absl::StatusOr<std::vector<RootRow>> Edges::Roots(uint32_t id) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT category, name, weak FROM roots WHERE dst = ?1 "
                 "ORDER BY weak, category = 'machine_context', name IS NULL, "
                 "n LIMIT 1000"));
  rows->Bind(1, int64_t{id});
  std::vector<RootRow> roots;
  bool named_global = false;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return roots;
    RootRow root;
    root.category = rows->Text(0);
    root.name = rows->Text(1);
    root.dst = id;
    root.weak = rows->Int(2) != 0;
    named_global |= root.category == "globals" && !root.name.empty();
    if (named_global && root.category == "global_tbl") continue;
    roots.push_back(std::move(root));
  }
}

}  // namespace heapq
