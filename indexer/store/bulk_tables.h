#ifndef HEAPQ_INDEXER_STORE_BULK_TABLES_H_
#define HEAPQ_INDEXER_STORE_BULK_TABLES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/store_writer.h"
#include "indexer/store/table_writers.h"

namespace heapq {

// Writes the tables that grow with the heap, each row by row in the order of
// its key. Memory on top of the heap: 8 bytes an object, and 8 for each of
// `sorted_edges`.
class BulkTables {
 public:
  // `heap` must outlive this.
  BulkTables(const Heap& heap, MakeTableWriter make, StoreOptions options);

  // Writes edges, weak_edges, strings, fields, the index of instances and
  // referrers. It needs no analysis, so it can overlap with the analysis.
  // `iseqs` takes the fields that it needs.
  absl::Status WriteGraph(HeapText* text, IseqTable* iseqs);
  // objects and dominated.
  absl::Status WriteAnswers(const Analysis& analysis);
  // Reports the progress; the error of the caller's cancellation, if any.
  absl::Status CheckCancelled();

 private:
  absl::Status WriteEdges(const EdgeRows& rows, const std::string& name);
  absl::Status WriteReferrers();
  absl::Status WriteStrings(HeapText* text);
  absl::Status WriteFields(HeapText* text, IseqTable* iseqs);
  absl::Status WriteObjects(const Analysis& analysis);
  absl::Status WriteInstances();
  absl::Status WriteDominated(const Analysis& analysis);
  // Counts a row, and checks for cancellation at every so many.
  absl::Status CountRow();
  // The same for steps of a loop that writes no rows.
  absl::Status CheckCancelledAt(uint64_t step);

  const Heap& heap_;
  const MakeTableWriter make_;
  const StoreProgress progress_;
  const Cancellation cancellation_;
  const uint64_t sorted_edges_;
  uint64_t rows_ = 0;
  const uint64_t total_;  // rows; texts are not counted
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_BULK_TABLES_H_
