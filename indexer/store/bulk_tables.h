#ifndef HEAPQ_INDEXER_STORE_BULK_TABLES_H_
#define HEAPQ_INDEXER_STORE_BULK_TABLES_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/sqlite/sorted_table_writer.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/store_writer.h"

namespace heapq {

// Makes the writer of one of the large tables; `columns` counts all of them.
using MakeTableWriter =
    std::function<absl::StatusOr<std::unique_ptr<SortedTableWriter>>(
        BTreeWriter::Kind kind, const std::string& table, int columns)>;

// Writes the tables that grow with the heap: objects, edges, referrers,
// weak_edges, strings and fields. `iseqs` takes what it needs of the fields.
absl::Status WriteBulkTables(const StoreContent& content,
                             const MakeTableWriter& make,
                             const std::function<bool()>& go_on,
                             IseqTable* iseqs);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_BULK_TABLES_H_
