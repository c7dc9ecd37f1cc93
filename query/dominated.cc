#include "query/dominated.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

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
    Dominated child;
    child.id = static_cast<uint32_t>(rows->Int(0));
    child.type = static_cast<ObjectType>(rows->Int(1));
    child.kind = rows->Int(2);
    ASSIGN_OR_RETURN(child.class_id,
                     classes_.Of(static_cast<uint32_t>(rows->Int(3))));
    child.retained = static_cast<uint64_t>(rows->Int(5));
    child.dominates = !rows->is_null(4);
    child.size =
        child.dominates ? static_cast<uint64_t>(rows->Int(4)) : child.retained;
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
  constexpr uint64_t kAll = std::numeric_limits<int64_t>::max();
  std::vector<uint32_t> pending = {id};
  uint64_t seen = 0;
  while (!pending.empty()) {
    const uint32_t idom = pending.back();
    pending.pop_back();
    RETURN_IF_ERROR(Children(idom, kAll, [&](const Dominated& child) {
      if (++seen > db_.last_id()) return false;
      if (child.dominates) pending.push_back(child.id);
      use(child);
      return true;
    }));
    if (seen > db_.last_id()) {
      return absl::DataLossError(
          absl::StrCat(db_.path(),
                       ": its dominator tree leads round in a "
                       "ring; load the dump again"));
    }
  }
  return absl::OkStatus();
}

}  // namespace heapq
