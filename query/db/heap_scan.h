#ifndef HEAPQ_QUERY_DB_HEAP_SCAN_H_
#define HEAPQ_QUERY_DB_HEAP_SCAN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "indexer/sqlite/table_scan.h"
#include "query/db/heap_db.h"

namespace heapq {

// Reads a table of a heap.db from end to end; see TableScan. kAborted: the file
// at the path is no longer the one that `db` has open.
absl::StatusOr<std::unique_ptr<TableScan>> ScanTable(HeapDb* db,
                                                     const std::string& table,
                                                     int columns);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_HEAP_SCAN_H_
