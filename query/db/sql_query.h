#ifndef HEAPQ_QUERY_DB_SQL_QUERY_H_
#define HEAPQ_QUERY_DB_SQL_QUERY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "query/db/heap_db.h"

namespace heapq {

// A statement that a user typed, run read-only, row by row.
class SqlQuery {
 public:
  // A value as SQLite has it; a blob is text of the same bytes.
  using Value = std::variant<std::monostate, int64_t, double, std::string>;

  // `db` must outlive the query; from now on it allows only reading, and
  // `cancellation` applies to it. Errors: kInvalidArgument (wrong SQL, none, or
  // several statements), kPermissionDenied (not read-only).
  static absl::StatusOr<SqlQuery> Make(HeapDb* db, std::string_view sql,
                                       Cancellation cancellation);

  std::vector<std::string> columns() const;
  // False: there are no more rows. kCancelled if it was cancelled.
  absl::StatusOr<bool> Next(std::vector<Value>* row);

 private:
  explicit SqlQuery(Statement statement) : statement_(std::move(statement)) {}

  Statement statement_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_SQL_QUERY_H_
