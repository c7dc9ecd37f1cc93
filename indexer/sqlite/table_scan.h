#ifndef HEAPQ_INDEXER_SQLITE_TABLE_SCAN_H_
#define HEAPQ_INDEXER_SQLITE_TABLE_SCAN_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace heapq {

// Reads a table of a SQLite file from end to end in the order of its primary
// key, several times as fast as a statement does: it walks the b-tree and
// decodes only the columns that are asked for.
// https://www.sqlite.org/fileformat2.html
//
// For a rowid table, column 0 is its INTEGER PRIMARY KEY. A table WITHOUT
// ROWID must declare the columns of its primary key first. The file is not
// trusted: damage gives kDataLoss. While the object exists, no process can
// write the file. Memory: 130 KB and the longest row.
class TableScan {
 public:
  static constexpr int kMaxColumns = 16;

  // Decodes the first `columns` columns (at most kMaxColumns) of each row. Has
  // a connection of its own, so that each scan may have a thread. Errors:
  // kInternal (no such table), kUnavailable.
  static absl::StatusOr<std::unique_ptr<TableScan>> Open(
      const std::string& path, const std::string& table, int columns);
  ~TableScan();
  TableScan(const TableScan&) = delete;
  TableScan& operator=(const TableScan&) = delete;

  // Moves to the next row; false: there are no more.
  absl::StatusOr<bool> Next();

  // Values of the current row. Int is 0, and Text empty, for other types.
  bool is_text(int column) const { return At(column).type == kText; }
  bool is_null(int column) const { return At(column).type == kNull; }
  int64_t Int(int column) const {
    const Value& value = At(column);
    return value.type == kInt ? value.number : 0;
  }
  // Valid until the next call of Next. Blobs as well.
  std::string_view Text(int column) const {
    const Value& value = At(column);
    if (value.type != kText) return {};
    return {reinterpret_cast<const char*>(value.text),
            static_cast<size_t>(value.number)};
  }

 private:
  enum ValueType : uint8_t { kNull, kInt, kText, kOther };
  struct Value {
    ValueType type = kNull;
    int64_t number = 0;  // or the length of the text
    const uint8_t* text = nullptr;
  };
  // An interior page and how far it has been visited.
  struct Level {
    std::vector<uint8_t> page;
    uint32_t cells = 0;
    uint32_t next = 0;  // child, or in an index child and cell in turn
  };

  TableScan(std::string table, int columns)
      : table_(std::move(table)), columns_(columns) {}

  const Value& At(int column) const {
    return values_[static_cast<size_t>(column)];
  }
  absl::Status Begin(const std::string& path);
  absl::Status ReadHeader();
  absl::Status ReadAt(uint64_t offset, void* data, size_t bytes);
  absl::Status LastError() const;
  absl::StatusOr<bool> NextOfStatement();
  absl::StatusOr<bool> NextOfTree();
  absl::Status Descend(uint32_t number);
  absl::Status ReadCell(const uint8_t* page, size_t at);
  absl::Status ReadRecord(const uint8_t* record, uint64_t size);
  // Gathers a record that continues on overflow pages.
  absl::Status Spill(const uint8_t* local, size_t local_size, uint64_t size);
  // The content of a page; valid until the next call.
  absl::StatusOr<const uint8_t*> Page(uint32_t number);
  absl::Status Damaged() const;

  const std::string table_;
  const int columns_;
  sqlite3* db_ = nullptr;
  // A statement that is being read, which keeps writers out. Where the file has
  // a write-ahead log it reads the rows as well.
  sqlite3_stmt* statement_ = nullptr;
  sqlite3_file* file_ = nullptr;  // of db_
  bool by_statement_ = false;
  bool index_ = false;  // WITHOUT ROWID
  uint32_t page_size_ = 0;
  uint32_t usable_ = 0;  // bytes of a page
  uint32_t page_count_ = 0;
  uint64_t visited_ = 0;  // pages

  std::vector<uint8_t> window_;  // pages [window_first_, window_end_)
  uint32_t window_first_ = 0;
  uint32_t window_end_ = 0;
  std::vector<Level> levels_;
  size_t depth_ = 0;               // levels in use
  const uint8_t* leaf_ = nullptr;  // in window_
  uint32_t leaf_cells_ = 0;
  uint32_t leaf_next_ = 0;
  std::vector<uint8_t> spilled_;
  std::vector<uint8_t> overflow_;  // one page
  std::array<Value, kMaxColumns> values_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_TABLE_SCAN_H_
