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
  // `heap` must outlive this. `sorted_edges`: see StoreOptions.
  BulkTables(const Heap& heap, MakeTableWriter make, StoreProgress progress,
             uint64_t sorted_edges);

  // edges, weak_edges, strings, fields, the index of instances and referrers:
  // what needs no analysis, so that somebody else may make it meanwhile.
  // `iseqs` takes what it needs of the fields.
  absl::Status WriteGraph(HeapText* text, IseqTable* iseqs);
  // objects and dominated.
  absl::Status WriteAnswers(const Analysis& analysis);
  // Does the caller still want this? kCancelled: no.
  absl::Status Ask();

 private:
  absl::Status WriteEdges(const EdgeRows& rows, const std::string& name);
  absl::Status WriteReferrers();
  absl::Status WriteStrings(HeapText* text);
  absl::Status WriteFields(HeapText* text, IseqTable* iseqs);
  absl::Status WriteObjects(const Analysis& analysis);
  absl::Status WriteInstances();
  absl::Status WriteDominated(const Analysis& analysis);
  // Counts a row, and asks at every so many.
  absl::Status CountRow();
  // The same for steps of a loop that brings no rows.
  absl::Status AskAt(uint64_t step);

  const Heap& heap_;
  const MakeTableWriter make_;
  const StoreProgress progress_;
  const uint64_t sorted_edges_;
  uint64_t rows_ = 0;
  const uint64_t total_;  // rows; texts are not counted
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_BULK_TABLES_H_
