#include "query/report/report.h"

#include <algorithm>
#include <utility>

#include "indexer/base/status_macros.h"
#include "query/db/no_roots.h"

namespace heapq {
namespace {

// Nothing that keeps less is worth to be called a suspect.
constexpr double kSmallestShare = 0.01;
// Of a suspect that Diff compares, unless the caller names another share.
constexpr double kComparedShare = 0.05;

template <typename T>
void Cut(std::vector<T>* rows, size_t most) {
  if (rows->size() > most) rows->erase(rows->begin() + most, rows->end());
}

template <typename T>
Limited<T> Limit(std::vector<T> rows, size_t most) {
  Limited<T> limited;
  limited.total = rows.size();
  Cut(&rows, most);
  limited.rows = std::move(rows);
  return limited;
}

// Well-kept heaps have no large suspect: then smaller ones are shown.
absl::Status FindReportSuspects(HeapDb* db, const ReportOptions& options,
                                HeapReport* report) {
  for (report->share = options.share;; report->share /= 2) {
    ASSIGN_OR_RETURN(std::vector<Suspect> suspects,
                     FindSuspects(db, report->share));
    if (suspects.empty() && report->share / 2 >= kSmallestShare) continue;
    report->suspects = Limit(std::move(suspects), options.suspects);
    return absl::OkStatus();
  }
}

Limited<ThreadInfo> LimitThreads(std::vector<ThreadInfo> threads,
                                 const ReportOptions& options) {
  std::stable_sort(threads.begin(), threads.end(),
                   [](const ThreadInfo& a, const ThreadInfo& b) {
                     return a.object.retained.value_or(0) >
                            b.object.retained.value_or(0);
                   });
  Limited<ThreadInfo> limited = Limit(std::move(threads), options.threads);
  size_t left = options.values;
  for (ThreadInfo& thread : limited.rows) {
    Cut(&thread.frames, options.frames);
    for (ThreadFrame& frame : thread.frames) {
      Cut(&frame.values, left);
      left -= frame.values.size();
    }
  }
  return limited;
}

void CutDiff(size_t rows, HeapDiff* diff) {
  Cut(&diff->classes, rows);
  Cut(&diff->namespaces, rows);
  Cut(&diff->sites, rows);
  Cut(&diff->gems, rows);
  Cut(&diff->suspects, rows);
  Cut(&diff->suspect_texts, rows);
  Cut(&diff->added, rows);
  Cut(&diff->growth, rows);
}

}  // namespace

absl::StatusOr<HeapReport> ReadReport(HeapDb* db, HeapDb* older,
                                      const ReportOptions& options) {
  HeapReport report;
  ASSIGN_OR_RETURN(report.info, ReadInfo(db));
  ASSIGN_OR_RETURN(report.has_roots, HasRoots(db));
  ASSIGN_OR_RETURN(report.memory, ReadMemorySummary(db));
  RETURN_IF_ERROR(FindReportSuspects(db, options, &report));
  ASSIGN_OR_RETURN(report.tree, ReadDominatorTree(db, options.tree));
  ASSIGN_OR_RETURN(report.types,
                   FindTopTypes(db, TypeOrder::kSize, options.rows));
  ASSIGN_OR_RETURN(report.retainers, FindTopRetainers(db, options.rows));
  ASSIGN_OR_RETURN(report.namespaces,
                   ReadTotals(db, TotalsOf::kNamespaces, options.rows));
  ASSIGN_OR_RETURN(report.gems, ReadTotals(db, TotalsOf::kGems, options.rows));
  ASSIGN_OR_RETURN(report.files,
                   ReadTotals(db, TotalsOf::kFiles, options.rows));
  ASSIGN_OR_RETURN(report.unreachable,
                   ReadTotals(db, TotalsOf::kUnreachable, options.rows));
  ASSIGN_OR_RETURN(report.why_unreachable, WhyUnreachable(db));
  ASSIGN_OR_RETURN(report.waste, FindWaste(db, options.rows));
  ASSIGN_OR_RETURN(std::vector<ThreadInfo> threads, ReadThreads(db));
  report.threads = LimitThreads(std::move(threads), options);
  if (older != nullptr) {
    ASSIGN_OR_RETURN(report.older, ReadInfo(older));
    ASSIGN_OR_RETURN(
        report.growth,
        Diff({older, db}, report.share > 0 ? report.share : kComparedShare));
    CutDiff(options.rows, &*report.growth);
  }
  return report;
}

}  // namespace heapq
