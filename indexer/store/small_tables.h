#ifndef HEAPQ_INDEXER_STORE_SMALL_TABLES_H_
#define HEAPQ_INDEXER_STORE_SMALL_TABLES_H_

#include "absl/status/status.h"
#include "indexer/sqlite/connection.h"
#include "indexer/store/class_table.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/store_writer.h"

namespace heapq {

// Writes the dictionaries, the totals and everything else that stays small,
// with ordinary SQL.
absl::Status WriteSmallTables(Connection* connection,
                              const StoreContent& content,
                              const ClassTable& classes,
                              const IseqTable& iseqs);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_SMALL_TABLES_H_
