#include "indexer/sqlite/sorted_table_writer.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::Status PageTableWriter::Add(int64_t rowid,
                                  std::initializer_list<Cell> cells) {
  // The values are laid down from kFront on, then what precedes them in front
  // of them: the record's header and length, the rowid.
  constexpr size_t kFront = 64;
  constexpr size_t kMostColumns = 20;
  constexpr size_t kMostText = 256;
  uint8_t cell[kFront + kMostColumns * 8 + kMostText];
  uint8_t types[kMostColumns * 2 + 1];
  uint8_t* type = types;
  uint8_t* value = cell + kFront;
  size_t text_left = kMostText;
  const bool table = kind_ == BTreeWriter::Kind::kTable;
  if (cells.size() >= kMostColumns) return AddLong(rowid, cells);
  if (table) *type++ = 0;  // a NULL that stands for the rowid
  for (const Cell& column : cells) {
    switch (column.type) {
      case Cell::kNull:
        *type++ = 0;
        break;
      case Cell::kInt:
        *type++ = PutSqliteInt(column.number, &value);
        break;
      case Cell::kText:
        if (column.text.size() > text_left) return AddLong(rowid, cells);
        text_left -= column.text.size();
        type = PutSqliteVarint(type, column.text.size() * 2 + 13);
        if (!column.text.empty()) {
          std::memcpy(value, column.text.data(), column.text.size());
        }
        value += column.text.size();
        break;
    }
  }
  const auto types_size = static_cast<size_t>(type - types);
  const auto record_size =
      static_cast<size_t>(value - cell) - kFront + 1 + types_size;
  if (record_size > tree_.max_local()) return AddLong(rowid, cells);
  uint8_t front[24];
  uint8_t* f = PutSqliteVarint(front, record_size);
  if (table) f = PutSqliteVarint(f, static_cast<uint64_t>(rowid));
  *f++ = static_cast<uint8_t>(1 + types_size);
  const auto front_size = static_cast<size_t>(f - front);
  uint8_t* const begin = cell + kFront - types_size - front_size;
  std::memcpy(begin, front, front_size);
  std::memcpy(begin + front_size, types, types_size);
  const auto size = static_cast<size_t>(value - begin);
  if (size < BTreeWriter::kMinCell) {
    std::memset(value, 0, BTreeWriter::kMinCell - size);
  }
  return tree_.AddCell(rowid, begin, size);
}

absl::Status PageTableWriter::AddLong(int64_t rowid,
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
