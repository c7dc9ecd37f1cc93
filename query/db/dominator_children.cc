#include "query/db/dominator_children.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// To look for a place in the table takes as long as reading so many rows.
constexpr int kRowsPerSeek = 6;

constexpr int64_t kNoMore = std::numeric_limits<int64_t>::max();

}  // namespace

absl::StatusOr<DominatorChild> DominatorChildReader::Read(
    const Statement& row) {
  DominatorChild object;
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

absl::StatusOr<std::vector<DominatorChild>> DominatorChildReader::Children(
    uint32_t idom, uint64_t limit) {
  std::vector<DominatorChild> children;
  RETURN_IF_ERROR(ChildrenOf({idom}, [&](const DominatorChild& child) {
    children.push_back(child);
    return children.size() < limit;
  }));
  return children;
}

absl::Status DominatorChildReader::ChildrenOf(
    std::vector<uint32_t> idoms,
    absl::FunctionRef<bool(const DominatorChild&)> use) {
  // In the order of the table, where they mostly are neighbours.
  std::sort(idoms.begin(), idoms.end());
  for (size_t at = 0; at < idoms.size();) {
    RETURN_IF_ERROR(ReadFrom(idoms, &at, use));
  }
  return absl::OkStatus();
}

absl::Status DominatorChildReader::ReadFrom(
    const std::vector<uint32_t>& idoms, size_t* at,
    absl::FunctionRef<bool(const DominatorChild&)> use) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db_.Cached("SELECT id, type, kind, class, size, retained, idom FROM "
                 "dominated WHERE idom >= ?1 ORDER BY idom, retained DESC, "
                 "id"));
  rows->Bind(1, int64_t{idoms[*at]});
  int others = 0;  // rows read without being asked for
  while (others < kRowsPerSeek) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    const int64_t idom = row ? rows->Int(6) : kNoMore;
    while (*at < idoms.size() && idoms[*at] < idom) ++*at;
    if (*at == idoms.size()) return absl::OkStatus();
    if (idoms[*at] != idom) {
      ++others;
      continue;
    }
    others = 0;
    ASSIGN_OR_RETURN(const DominatorChild child, Read(*rows));
    if (use(child)) continue;
    *at = idoms.size();
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status DominatorChildReader::Below(
    uint32_t id, absl::FunctionRef<void(const DominatorChild&)> use) {
  std::vector<uint32_t> level = {id};  // whose children come next
  uint64_t seen = 0;
  while (!level.empty()) {
    std::vector<uint32_t> next;
    RETURN_IF_ERROR(
        ChildrenOf(std::move(level), [&](const DominatorChild& child) {
          if (++seen > db_.last_id()) return false;
          if (child.dominates) next.push_back(child.id);
          use(child);
          return true;
        }));
    if (seen > db_.last_id()) {
      return absl::DataLossError(
          absl::StrCat(db_.path(),
                       ": its dominator tree leads round in a "
                       "ring; load the dump again"));
    }
    level = std::move(next);
  }
  return absl::OkStatus();
}

}  // namespace heapq
