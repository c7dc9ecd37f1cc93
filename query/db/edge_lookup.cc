#include "query/db/edge_lookup.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// A look-up of one edge takes as long as reading so many in a row.
constexpr uint64_t kRowsPerLookUp = 32;

}  // namespace

absl::StatusOr<EdgeRow> EdgeLookup::Best(uint32_t holder, uint32_t id) {
  if (holder != holder_) {
    holder_ = holder;
    asked_ = limit_ = 0;
    whole_ = false;
    row_.reset();
  }
  // Each time four times as many, so that not much is read twice.
  if (!whole_ && ++asked_ * kRowsPerLookUp > limit_) {
    RETURN_IF_ERROR(Read(4 * asked_ * kRowsPerLookUp));
  }
  if (whole_) {
    const auto known = best_.find(id);
    if (known != best_.end()) return known->second;
  }
  if (!row_.has_value()) {
    ASSIGN_OR_RETURN(row_, db_.Object(holder));
  }
  ASSIGN_OR_RETURN(const std::optional<EdgeRow> best, edges_.Best(*row_, id));
  if (best.has_value()) return *best;
  return absl::DataLossError(
      absl::StrCat(db_.path(), ": the edge from object #", holder, " to #", id,
                   " is missing; load the dump again"));
}

absl::Status EdgeLookup::Read(uint64_t limit) {
  limit_ = limit;
  best_.clear();
  ASSIGN_OR_RETURN(Statement * rows,
                   db_.Cached("SELECT n, dst, kind, label FROM edges WHERE src "
                              "= ?1 ORDER BY n LIMIT ?2"));
  rows->Bind(1, int64_t{holder_});
  rows->Bind(2, static_cast<int64_t>(limit));
  uint64_t read = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    ++read;
    EdgeRow edge;
    edge.src = holder_;
    edge.n = rows->Int(0);
    edge.dst = static_cast<uint32_t>(rows->Int(1));
    edge.kind = static_cast<EdgeKind>(rows->Int(2));
    edge.label = rows->Int(3);
    const auto [best, is_new] = best_.try_emplace(edge.dst, edge);
    if (!is_new &&
        EdgePreference(edge.kind) < EdgePreference(best->second.kind)) {
      best->second = edge;
    }
  }
  whole_ = read < limit;
  return absl::OkStatus();
}

}  // namespace heapq
