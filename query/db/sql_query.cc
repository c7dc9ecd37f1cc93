#include "query/db/sql_query.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<SqlQuery> SqlQuery::Make(HeapDb* db, std::string_view sql,
                                        Cancellation cancellation) {
  db->connection().AllowOnlyReading();
  if (!cancellation.is_never()) {
    db->connection().SetCancellation(std::move(cancellation));
  }
  absl::StatusOr<Statement> statement = db->connection().Prepare(sql);
  if (!statement.ok()) {
    const absl::Status& why = statement.status();
    if (absl::IsPermissionDenied(why)) {
      return absl::PermissionDeniedError(
          "sql: only reading is allowed; use SELECT");
    }
    return absl::Status(why.code(),
                        absl::StrCat("sql: ", std::string(why.message())));
  }
  return SqlQuery(*std::move(statement));
}

std::vector<std::string> SqlQuery::columns() const {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(statement_.column_count()));
  for (int i = 0; i < statement_.column_count(); ++i) {
    names.emplace_back(statement_.column_name(i));
  }
  return names;
}

absl::StatusOr<bool> SqlQuery::Next(std::vector<Value>* row) {
  const absl::StatusOr<bool> found = statement_.Step();
  if (!found.ok()) {
    return absl::Status(
        found.status().code(),
        absl::StrCat("sql: ", std::string(found.status().message())));
  }
  row->clear();
  if (!*found) return false;
  for (int i = 0; i < statement_.column_count(); ++i) {
    switch (statement_.type(i)) {
      case Statement::Type::kInteger:
        row->emplace_back(statement_.Int(i));
        break;
      case Statement::Type::kReal:
        row->emplace_back(statement_.Real(i));
        break;
      case Statement::Type::kNull:
        row->emplace_back();
        break;
      default:
        row->emplace_back(std::string(statement_.Text(i)));
    }
  }
  return true;
}

}  // namespace heapq
