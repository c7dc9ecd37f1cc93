#ifndef HEAPQ_INDEXER_SQLITE_BTREE_WRITER_H_
#define HEAPQ_INDEXER_SQLITE_BTREE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "indexer/sqlite/btree_node.h"
#include "indexer/sqlite/page_file.h"

namespace heapq {

// Lays out the rows of one SQLite b-tree, given in key order, as pages that
// are filled from left to right and never touched again: about ten times
// cheaper than INSERT. Memory: a few pages per level.
// https://www.sqlite.org/fileformat2.html#b_tree_pages
//
// The caller vouches for the order: rowids ascend strictly; the records of an
// index ascend in its key columns (for a table WITHOUT ROWID: the primary key
// columns come first, then the others).
class BTreeWriter {
 public:
  enum class Kind {
    kTable,  // a rowid table
    kIndex,  // an index, or a table WITHOUT ROWID
  };

  // `root` is the b-tree's root page, which CREATE made (an empty leaf).
  // `file` must outlive the writer. Writers on different threads may share it.
  BTreeWriter(Kind kind, PageFile* file, uint32_t root);
  ~BTreeWriter();

  // Adds a row: the record is `header` followed by `body`. `rowid` counts
  // only for a table.
  absl::Status Add(int64_t rowid, std::string_view header,
                   std::string_view body);

  // Adds a row whose record fits into its cell. `cell` is laid out as SQLite
  // wants it, the record's length and a table's rowid in front, and at least
  // kMinCell bytes are readable there.
  absl::Status AddCell(int64_t rowid, const uint8_t* cell, size_t size) {
    return AddToLeaf(cell, size < kMinCell ? kMinCell : size, rowid);
  }
  // The same without a copy: where a cell has to end that takes at most `most`
  // bytes, all of which may be written; null if it has to go through AddCell
  // or Add. Then pass its size, at least kMinCell.
  uint8_t* RoomFor(size_t most) {
    BTreeNode& leaf = *levels_.front();
    return leaf.full || !leaf.Fits(most) ? nullptr : leaf.cells();
  }
  void Placed(int64_t rowid, size_t size) {
    levels_.front()->Placed(size);
    last_rowid_ = rowid;
  }
  // SQLite frees cells in pieces of at least 4 bytes. Only {0} and {1}, alone
  // in an index, are shorter: two rows, which never become dividers.
  static constexpr size_t kMinCell = 4;
  // The longest record that does.
  size_t max_local() const { return max_local_; }

  // Writes what is pending and the root. Call once, after the last row.
  absl::Status Finish();

 private:
  // Appends `payload` from `from` on as a chain of overflow pages.
  absl::Status WriteOverflow(std::string_view header, std::string_view body,
                             size_t from, uint32_t* first);
  absl::Status AddToLeaf(const uint8_t* cell, size_t size, int64_t rowid);
  // Adds (`child`, `divider`) to the interior nodes of `level` (1 is just
  // above the leaves), emitting full ones upwards.
  absl::Status Push(size_t level, uint32_t child,
                    const std::vector<uint8_t>& divider);
  absl::Status Emit(BTreeNode* node, uint32_t right_child, uint32_t* number);
  absl::Status Settle(size_t level);
  absl::Status WriteRoot(BTreeNode* node, uint32_t right_child);

  const Kind kind_;
  const uint32_t page_size_;
  const uint32_t root_;
  const size_t max_local_;
  PageStream pages_;
  std::vector<std::unique_ptr<BTreeNode>>
      levels_;  // [0] is the leaf in progress
  std::vector<uint8_t> cell_;
  int64_t last_rowid_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_BTREE_WRITER_H_
