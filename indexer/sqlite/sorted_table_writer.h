#ifndef HEAPQ_INDEXER_SQLITE_SORTED_TABLE_WRITER_H_
#define HEAPQ_INDEXER_SQLITE_SORTED_TABLE_WRITER_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "indexer/sqlite/btree_writer.h"
#include "indexer/sqlite/connection.h"
#include "indexer/sqlite/record_builder.h"

namespace heapq {

// A value of a row.
struct Cell {
  enum Type : uint8_t { kNull, kInt, kText };
  Cell() = default;
  Cell(int64_t value) : type(kInt), number(value) {}  // NOLINT: a plain value
  Cell(std::string_view value) : type(kText), text(value) {}  // NOLINT

  Type type = kNull;
  int64_t number = 0;
  std::string_view text;
};

// The seam through which the large tables are written: rows in ascending
// order of their key. Two ways that give the same table.
class SortedTableWriter {
 public:
  virtual ~SortedTableWriter() = default;
  // For a rowid table `cells` are the columns behind the INTEGER PRIMARY KEY;
  // for a table WITHOUT ROWID all columns, the key first, and `rowid` is 0.
  virtual absl::Status Add(int64_t rowid, absl::Span<const Cell> cells) = 0;
  absl::Status Add(int64_t rowid, std::initializer_list<Cell> cells) {
    return Add(rowid, absl::MakeConstSpan(cells.begin(), cells.size()));
  }
  // A row of `count` integers (at most kMaxInts), which `values` holds; those
  // whose bit is set in `nulls`, the first column's lowest, are NULL instead.
  virtual absl::Status AddInts(int64_t rowid, const int64_t* values, int count,
                               uint32_t nulls) = 0;
  static constexpr int kMaxInts = 15;
  // Call once, after the last row.
  virtual absl::Status Finish() = 0;
};

// Lays out pages (BTreeWriter). Fast.
class PageTableWriter : public SortedTableWriter {
 public:
  PageTableWriter(BTreeWriter::Kind kind, PageFile* file, uint32_t root)
      : kind_(kind), tree_(kind, file, root) {}
  using SortedTableWriter::Add;
  absl::Status Add(int64_t rowid, absl::Span<const Cell> cells) override;
  absl::Status AddInts(int64_t rowid, const int64_t* values, int count,
                       uint32_t nulls) override;
  absl::Status Finish() override { return tree_.Finish(); }

 private:
  // AddInts for a width that is common.
  template <int kCount, bool kTable>
  absl::Status LayInts(int64_t rowid, const int64_t* values, uint32_t nulls);
  // The same, byte by byte.
  absl::Status AddIntsApart(int64_t rowid, const int64_t* values, int count,
                            uint32_t nulls);
  // A row of many columns or long texts.
  absl::Status AddLong(int64_t rowid, absl::Span<const Cell> cells);

  const BTreeWriter::Kind kind_;
  BTreeWriter tree_;
  RecordBuilder record_;
};

// Leaves it to INSERT: the oracle of the other.
class InsertTableWriter : public SortedTableWriter {
 public:
  // `connection` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<InsertTableWriter>> Make(
      BTreeWriter::Kind kind, Connection* connection, const std::string& table,
      int columns);
  using SortedTableWriter::Add;
  absl::Status Add(int64_t rowid, absl::Span<const Cell> cells) override;
  absl::Status AddInts(int64_t rowid, const int64_t* values, int count,
                       uint32_t nulls) override;
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  InsertTableWriter(BTreeWriter::Kind kind, Statement insert)
      : kind_(kind), insert_(std::move(insert)) {}
  const BTreeWriter::Kind kind_;
  Statement insert_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_SORTED_TABLE_WRITER_H_
