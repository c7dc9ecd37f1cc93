#ifndef HEAPQ_INDEXER_STORE_SCHEMA_H_
#define HEAPQ_INDEXER_STORE_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/sqlite/connection.h"

namespace heapq {

// docs/reference/schema.md describes it; a test compares the two.
inline constexpr int kSchemaVersion = 4;
// In the file's header, so that `file` and we know a heap.db at a glance.
inline constexpr int64_t kApplicationId = 0x68656170;  // "heap"

// Whether the first bytes of a file say that it is a heap.db, of whatever
// version: it may be damaged behind them. kUnavailable: it can't be read.
absl::StatusOr<bool> HasHeapDbHeader(const std::string& path);

// The CREATE statements, tables first, then indexes, then views. The bulk
// indexes are created empty and written like tables.
const std::vector<std::string>& SchemaTables();
const std::vector<std::string>& SchemaBulkIndexes();
const std::vector<std::string>& SchemaIndexes();
const std::vector<std::string>& SchemaViews();

// OK if the database is a heap.db of this version with just these tables,
// indexes and views: a file that was tampered with answers nothing.
// `path` is for messages. Errors: kInvalidArgument, kFailedPrecondition
// (another schema version).
absl::Status CheckSchema(Connection* connection, const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_SCHEMA_H_
