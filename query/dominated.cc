#include "query/dominated.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// To look for a place in the table takes as long as reading so many rows.
constexpr int kRowsPerSeek = 6;

}  // namespace

absl::StatusOr<Dominated> DominatedReader::Read(const Statement& row) {
  Dominated object;
  object.id = static_cast<uint32_t>(row.Int(0));
  object.type = static_cast<ObjectType>(row.Int(1));
  object.kind = row.Int(2);
  ASSIGN_OR_RETURN(object.class_id,
                   classes_.Of(static_cast<uint32_t>(row.Int(3))));
  object.retained = static_cast<uint64_t>(row.Int(5));
  object.dominates = !row.is_null(4);
  object.size =
      object.dominates ? static_cast<uint64_t>(row.Int(4)) : object.retained;
  return object;
}

absl::Status DominatedReader::Children(
    uint32_t idom, uint64_t limit,
    absl::FunctionRef<bool(const Dominated&)> use) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT id, type, kind, class, size, retained FROM dominated "
                 "WHERE idom = ?1 ORDER BY retained DESC, id LIMIT ?2"));
  rows->Bind(1, int64_t{idom});
  rows->Bind(2, static_cast<int64_t>(limit));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Dominated child, Read(*rows));
    if (!use(child)) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<Dominated>> DominatedReader::Children(
    uint32_t idom, uint64_t limit) {
  std::vector<Dominated> children;
  RETURN_IF_ERROR(Children(idom, limit, [&children](const Dominated& child) {
    children.push_back(child);
    return true;
  }));
  return children;
}

absl::Status DominatedReader::Below(
    uint32_t id, absl::FunctionRef<void(const Dominated&)> use) {
  std::vector<uint32_t> level = {id};  // whose children come next
  std::vector<uint32_t> next;
  uint64_t seen = 0;
  while (!level.empty()) {
    // In the order of the table, where they mostly are neighbours.
    std::sort(level.begin(), level.end());
    next.clear();
    for (size_t at = 0; at < level.size();) {
      RETURN_IF_ERROR(ReadFrom(level, &at, [&](const Dominated& child) {
        ++seen;
        if (child.dominates) next.push_back(child.id);
        use(child);
      }));
      if (seen > db_.last_id()) {
        return absl::DataLossError(
            absl::StrCat(db_.path(),
                         ": its dominator tree leads round in a "
                         "ring; load the dump again"));
      }
    }
    level.swap(next);
  }
  return absl::OkStatus();
}

absl::Status DominatedReader::ReadFrom(
    const std::vector<uint32_t>& level, size_t* at,
    absl::FunctionRef<void(const Dominated&)> use) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT id, type, kind, class, size, retained, idom FROM "
                 "dominated WHERE idom >= ?1 ORDER BY idom, retained DESC"));
  rows->Bind(1, int64_t{level[*at]});
  int others = 0;  // rows read that nobody asked for
  while (others < kRowsPerSeek) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) {
      *at = level.size();
      return absl::OkStatus();
    }
    const int64_t idom = rows->Int(6);
    while (*at < level.size() && level[*at] < idom) ++*at;
    if (*at == level.size()) return absl::OkStatus();
    if (level[*at] != idom) {
      ++others;
      continue;
    }
    others = 0;
    ASSIGN_OR_RETURN(const Dominated child, Read(*rows));
    use(child);
  }
  return absl::OkStatus();
}

}  // namespace heapq
