#include "indexer/sqlite/sorted_table_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::Status PageTableWriter::Add(int64_t rowid,
                                  std::initializer_list<Cell> cells) {
  record_.Clear();
  if (kind_ == BTreeWriter::Kind::kTable) record_.AddNull();  // is the rowid
  for (const Cell& cell : cells) {
    switch (cell.type) {
      case Cell::kNull:
        record_.AddNull();
        break;
      case Cell::kInt:
        record_.AddInt(cell.number);
        break;
      case Cell::kText:
        record_.AddText(cell.text);
        break;
    }
  }
  return tree_.Add(rowid, record_.Header(), record_.Body());
}

absl::StatusOr<std::unique_ptr<InsertTableWriter>> InsertTableWriter::Make(
    BTreeWriter::Kind kind, Connection* connection, const std::string& table,
    int columns) {
  std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES(?1");
  for (int i = 2; i <= columns; ++i) absl::StrAppend(&sql, ",?", i);
  absl::StrAppend(&sql, ")");
  ASSIGN_OR_RETURN(Statement insert, connection->Prepare(sql));
  return std::unique_ptr<InsertTableWriter>(
      new InsertTableWriter(kind, std::move(insert)));
}

absl::Status InsertTableWriter::Add(int64_t rowid,
                                    std::initializer_list<Cell> cells) {
  int parameter = 1;
  if (kind_ == BTreeWriter::Kind::kTable) insert_.Bind(parameter++, rowid);
  for (const Cell& cell : cells) {
    switch (cell.type) {
      case Cell::kNull:
        insert_.BindNull(parameter++);
        break;
      case Cell::kInt:
        insert_.Bind(parameter++, cell.number);
        break;
      case Cell::kText:
        insert_.Bind(parameter++, cell.text);
        break;
    }
  }
  return insert_.Run();
}

}  // namespace heapq
