#ifndef HEAPQ_INDEXER_SQLITE_INSERTER_H_
#define HEAPQ_INDEXER_SQLITE_INSERTER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/sqlite/connection.h"

namespace heapq {

// An INSERT of whole rows, prepared once: bind the columns in their order, then
// Run. The connection must outlive it.
class Inserter {
 public:
  static absl::StatusOr<Inserter> Make(Connection* connection,
                                       const std::string& table, int columns) {
    std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES(?1");
    for (int i = 2; i <= columns; ++i) absl::StrAppend(&sql, ",?", i);
    absl::StrAppend(&sql, ")");
    ASSIGN_OR_RETURN(Statement statement, connection->Prepare(sql));
    return Inserter(std::move(statement));
  }

  Inserter& Int(int64_t value) {
    statement_.Bind(++column_, value);
    return *this;
  }
  Inserter& IntOrNull(int64_t value) {
    if (value != 0) return Int(value);
    statement_.BindNull(++column_);
    return *this;
  }
  Inserter& Text(std::string_view text) {
    statement_.Bind(++column_, text);
    return *this;
  }
  Inserter& TextOrNull(std::string_view text) {
    if (!text.empty()) return Text(text);
    statement_.BindNull(++column_);
    return *this;
  }
  absl::Status Run() {
    column_ = 0;
    return statement_.Run();
  }

 private:
  explicit Inserter(Statement statement) : statement_(std::move(statement)) {}
  Statement statement_;
  int column_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_INSERTER_H_
