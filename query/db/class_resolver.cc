#include "query/db/class_resolver.h"

#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<uint32_t> ClassResolver::Of(uint32_t class_id) {
  const auto [known, is_new] = known_.try_emplace(class_id, class_id);
  if (!is_new || class_id == 0) return known->second;
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT \"real\" FROM classes WHERE id = ?1"));
  row->Bind(1, int64_t{class_id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (found && row->Int(0) != 0) {
    known->second = static_cast<uint32_t>(row->Int(0));
  }
  return known->second;
}

}  // namespace heapq
