#include "indexer/sqlite/sorted_table_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::Status PageTableWriter::Add(int64_t rowid, absl::Span<const Cell> cells) {
  // The values are laid down from kFront on, then what precedes them in front
  // of them: the record's header and length, the rowid.
  constexpr size_t kFront = 64;
  constexpr size_t kMaxColumns = 20;
  constexpr size_t kMaxText = 256;
  uint8_t cell[kFront + kMaxColumns * 8 + kMaxText];
  uint8_t types[kMaxColumns * 2 + 1];
  uint8_t* type = types;
  uint8_t* value = cell + kFront;
  size_t text_left = kMaxText;
  const bool table = kind_ == BTreeWriter::Kind::kTable;
  if (cells.size() >= kMaxColumns) return AddLong(rowid, cells);
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

// For other widths, pages that are small, and cells that are short as none
// else.
absl::Status PageTableWriter::AddIntsApart(int64_t rowid, const int64_t* values,
                                           int count, uint32_t nulls) {
  record_.Clear();
  if (kind_ == BTreeWriter::Kind::kTable) record_.AddNull();  // is the rowid
  for (int i = 0; i < count; ++i) {
    if ((nulls >> i & 1) != 0) {
      record_.AddNull();
    } else {
      record_.AddInt(values[i]);
    }
  }
  return tree_.Add(rowid, record_.Header(), record_.Body());
}

// Lays the cell into the page from its end backwards: so each value is one
// store of eight bytes, of which those that are too many lie where the next
// store goes. `kCount` columns: compiled for each width without a loop.
template <int kCount, bool kTable>
absl::Status PageTableWriter::LayInts(int64_t rowid, const int64_t* values,
                                      uint32_t nulls) {
  // The lengths, the rowid, and what the last store may write below them.
  constexpr size_t kMax = 32 + size_t{kCount} * 9;
  if (kMax > tree_.max_local()) {
    return AddIntsApart(rowid, values, kCount, nulls);
  }
  // The last rows of a page are laid out elsewhere and then copied, if they
  // fit at all.
  uint8_t apart[kMax + BTreeWriter::kMinCell];
  uint8_t* const in_page = tree_.RoomFor(kMax);
  uint8_t* const end = in_page != nullptr ? in_page : apart + kMax;
  uint8_t* p = end;
  uint64_t types[2] = {0, 0};  // of the last eight columns; of those before
#pragma GCC unroll 16
  for (int i = kCount - 1; i >= 0; --i) {
    const SqliteIntForm form =
        FormOfSqliteInt(values[i], (nulls >> i & 1) != 0);
    const uint64_t big_endian =
        __builtin_bswap64(static_cast<uint64_t>(values[i]));
    std::memcpy(p - 8, &big_endian, 8);
    p -= form.bytes;
    uint64_t& word = types[i < kCount - 8 ? 1 : 0];
    word = word << 8 | form.type;
  }
  int left = kCount;
  for (uint64_t word : types) {
    if (left <= 0) break;
    const int here = std::min(left, 8);
    word <<= 8 * (8 - here);
    std::memcpy(p - 8, &word, 8);
    p -= here;
    left -= here;
  }
  if (kTable) *--p = 0;  // a NULL that stands for the rowid
  *--p = static_cast<uint8_t>(kCount + (kTable ? 2 : 1));
  const auto record = static_cast<uint64_t>(end - p);
  if (kTable) {
    p -= SqliteVarintLength(static_cast<uint64_t>(rowid));
    PutSqliteVarint(p, static_cast<uint64_t>(rowid));
  }
  p -= SqliteVarintLength(record);
  PutSqliteVarint(p, record);
  const auto size = static_cast<size_t>(end - p);
  if (size < BTreeWriter::kMinCell) {
    return AddIntsApart(rowid, values, kCount, nulls);
  }
  if (in_page == nullptr) return tree_.AddCell(rowid, p, size);
  tree_.Placed(rowid, size);
  return absl::OkStatus();
}

absl::Status PageTableWriter::AddInts(int64_t rowid, const int64_t* values,
                                      int count, uint32_t nulls) {
  const bool table = kind_ == BTreeWriter::Kind::kTable;
  // The widths of the large tables.
  if (!table && count == 2) return LayInts<2, false>(rowid, values, nulls);
  if (!table && count == 3) return LayInts<3, false>(rowid, values, nulls);
  if (!table && count == 5) return LayInts<5, false>(rowid, values, nulls);
  if (!table && count == 7) return LayInts<7, false>(rowid, values, nulls);
  if (table && count == 15) return LayInts<15, true>(rowid, values, nulls);
  return AddIntsApart(rowid, values, count, nulls);
}

absl::Status PageTableWriter::AddLong(int64_t rowid,
                                      absl::Span<const Cell> cells) {
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
                                    absl::Span<const Cell> cells) {
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

absl::Status InsertTableWriter::AddInts(int64_t rowid, const int64_t* values,
                                        int count, uint32_t nulls) {
  int parameter = 1;
  if (kind_ == BTreeWriter::Kind::kTable) insert_.Bind(parameter++, rowid);
  for (int i = 0; i < count; ++i) {
    if ((nulls >> i & 1) != 0) {
      insert_.BindNull(parameter++);
    } else {
      insert_.Bind(parameter++, values[i]);
    }
  }
  return insert_.Run();
}

}  // namespace heapq
