#include "query/memory/memory_summary.h"

#include <utility>
#include <vector>

#include "indexer/base/status_macros.h"
#include "query/suspects/suspects.h"

namespace heapq {
namespace {

absl::StatusOr<std::optional<LikelyLeak>> FindLikelyLeak(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::vector<Suspect> suspects, FindSuspects(db, 0));
  if (suspects.empty() || suspects[0].level != SuspectLevel::kLikely) {
    return std::nullopt;
  }
  return LikelyLeak{suspects[0].holder, suspects[0].retained};
}

}  // namespace

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
  if (summary.finding.verdict == MemoryVerdict::kObjects) {
    ASSIGN_OR_RETURN(const std::optional<LikelyLeak> leak, FindLikelyLeak(db));
    RefineByLeak(leak ? &*leak : nullptr, summary.split, &summary.finding);
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
