#ifndef HEAPQ_INDEXER_STORE_SMALL_TABLES_H_
#define HEAPQ_INDEXER_STORE_SMALL_TABLES_H_

#include "absl/status/status.h"
#include "indexer/graph/analysis.h"
#include "indexer/sqlite/connection.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/masked_paths.h"
#include "indexer/store/store_writer.h"
#include "indexer/store/table_writers.h"
#include "indexer/store/totals.h"

namespace heapq {

// The results of the analysis of a heap.
struct StoreAnswers {
  const Analysis& analysis;
  const Totals& totals;
  const IseqTable& iseqs;
  const MaskedPaths& paths;
};

// Writes the dictionaries and other tables that grow more slowly than the heap,
// but may have a million rows, through the same seam as the large ones.
absl::Status WriteMiddlingTables(const MakeTableWriter& make, const Heap& heap,
                                 const StoreAnswers& answers);

// Writes everything that stays small, with ordinary SQL.
absl::Status WriteSmallTables(Connection* connection,
                              const StoreContent& content,
                              const StoreAnswers& answers);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_SMALL_TABLES_H_
