#ifndef HEAPQ_QUERY_MEMORY_MEMORY_SUMMARY_H_
#define HEAPQ_QUERY_MEMORY_MEMORY_SUMMARY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/memory/memory_account.h"
#include "query/memory/memory_split.h"
#include "query/memory/memory_verdict.h"

namespace heapq {

// The account of a dump, split into parts, and the verdict on it.
struct MemorySummary {
  MemoryAccount account;
  MemorySplit split;
  MemoryFinding finding;
};

// The message for a dump without an account: a sentence without its full stop.
inline constexpr char kNoMemoryAccount[] =
    "the dump does not say where the process had its memory: take one with "
    "this version of the gem, or load it with --status FILE, a copy of "
    "/proc/PID/smaps_rollup or /proc/PID/status";

// Reads the account, splits it and judges it. nullopt: the dump has none.
absl::StatusOr<std::optional<MemorySummary>> ReadMemorySummary(HeapDb* db);

// Explains the growth between two dumps of one program, the earlier one first.
// "" if one of them has no account. `holder`: may be null.
absl::StatusOr<std::string> ReadMemoryGrowth(HeapDb* before, HeapDb* after,
                                             const GrownHolder* holder);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_MEMORY_SUMMARY_H_
