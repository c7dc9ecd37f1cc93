#ifndef HEAPQ_QUERY_REPORT_REPORT_H_
#define HEAPQ_QUERY_REPORT_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/dominator_tree.h"
#include "query/aggregates/totals.h"
#include "query/db/heap_db.h"
#include "query/db/heap_info.h"
#include "query/diff/diff.h"
#include "query/memory/memory_summary.h"
#include "query/objects/threads.h"
#include "query/suspects/suspects.h"
#include "query/waste/waste.h"

namespace heapq {

// How much of each list a report takes: it stays small for a heap of any size.
struct ReportOptions {
  double share = 0;   // that a suspect keeps at least, of the reachable bytes
  size_t rows = 200;  // of a table
  size_t suspects = 12;
  size_t threads = 60;
  size_t frames = 60;    // of one thread, innermost first
  size_t values = 1500;  // locals, in all threads together
  DominatorTreeOptions tree;
};

// A list that was cut, and how long it was.
template <typename T>
struct Limited {
  std::vector<T> rows;
  uint64_t total = 0;
};

// The content of the report on a heap. The same heap.db gives the same report.
struct HeapReport {
  HeapInfo info;
  bool has_roots = true;  // false: the dump cannot show what is alive
  std::optional<MemorySummary> memory;  // nullopt: the dump does not say
  double share = 0;  // as the suspects' was; smaller if nothing kept that much
  Limited<Suspect> suspects;
  DominatorTree tree;
  TopTypes types;
  TopRetainers retainers;
  std::vector<TotalRow> namespaces;
  std::vector<TotalRow> gems;   // empty where allocations were not traced
  std::vector<TotalRow> files;  // as gems
  std::vector<TotalRow> unreachable;
  std::vector<std::string> why_unreachable;
  Waste waste;
  Limited<ThreadInfo> threads;  // those that retain most first
  // Against an older heap; its lists are cut to ReportOptions::rows.
  std::optional<HeapInfo> older;
  std::optional<HeapDiff> growth;
};

// `older` may be null. Reads the whole file, some of its tables twice.
absl::StatusOr<HeapReport> ReadReport(HeapDb* db, HeapDb* older,
                                      const ReportOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_REPORT_REPORT_H_
