#include "query/memory/memory_summary.h"

#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<std::optional<MemorySummary>> ReadMemorySummary(HeapDb* db) {
  ASSIGN_OR_RETURN(std::optional<MemoryAccount> account, ReadMemoryAccount(db));
  if (!account) return std::nullopt;
  ASSIGN_OR_RETURN(const double garbage, GarbageShare(db));
  MemorySummary summary{*std::move(account), {}, {}};
  summary.split = SplitMemory(summary.account, garbage);
  summary.finding = JudgeMemory(summary.account, summary.split);
  if (summary.finding.verdict == MemoryVerdict::kObjects) {
    ASSIGN_OR_RETURN(const WorkingSet set, ReadWorkingSet(db));
    RefineByWorkingSet(set, summary.split, &summary.finding);
  }
  return summary;
}

absl::StatusOr<std::string> ReadMemoryGrowth(HeapDb* before, HeapDb* after,
                                             const GrownHolder* holder) {
  ASSIGN_OR_RETURN(const std::optional<MemorySummary> old,
                   ReadMemorySummary(before));
  ASSIGN_OR_RETURN(const std::optional<MemorySummary> now,
                   ReadMemorySummary(after));
  if (!old || !now) return std::string();
  return ExplainGrowth(old->split, now->split, holder);
}

}  // namespace heapq
