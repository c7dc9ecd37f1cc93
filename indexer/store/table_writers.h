#ifndef HEAPQ_INDEXER_STORE_TABLE_WRITERS_H_
#define HEAPQ_INDEXER_STORE_TABLE_WRITERS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "indexer/sqlite/sorted_table_writer.h"

namespace heapq {

// Makes the writer of a table whose rows come in the order of its key;
// `columns` counts all of them. 0 columns: it is an index; null where INSERT
// looks after those.
using MakeTableWriter =
    std::function<absl::StatusOr<std::unique_ptr<SortedTableWriter>>(
        BTreeWriter::Kind kind, const std::string& table, int columns)>;

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_TABLE_WRITERS_H_
