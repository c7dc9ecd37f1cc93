#ifndef HEAPQ_TESTS_SUPPORT_QUERY_ROWS_H_
#define HEAPQ_TESTS_SUPPORT_QUERY_ROWS_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/sqlite/connection.h"
#include "tests/support/status_matchers.h"

namespace heapq {

// Runs `sql` on the database at `path`: a string a row, columns
// joined by '|', "NULL" for NULL. A failure fails the test.
inline std::vector<std::string> QueryRows(const std::string& path,
                                          const std::string& sql) {
  std::vector<std::string> rows;
  auto db = Connection::OpenReadOnly(path);
  EXPECT_THAT(db, IsOk());
  if (!db.ok()) return rows;
  auto statement = (*db)->Prepare(sql);
  EXPECT_THAT(statement, IsOk()) << sql;
  if (!statement.ok()) return rows;
  while (true) {
    const auto row = statement->Step();
    EXPECT_THAT(row, IsOk()) << sql;
    if (!row.ok() || !*row) return rows;
    std::string text;
    for (int i = 0; i < statement->column_count(); ++i) {
      if (i > 0) text += '|';
      text += statement->is_null(i) ? "NULL" : std::string(statement->Text(i));
    }
    rows.push_back(text);
  }
}

// The only value that `sql` answers.
inline std::string QueryValue(const std::string& path, const std::string& sql) {
  const std::vector<std::string> rows = QueryRows(path, sql);
  EXPECT_EQ(1u, rows.size()) << sql;
  return rows.empty() ? std::string() : rows[0];
}

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_QUERY_ROWS_H_
