#ifndef HEAPQ_INDEXER_SQLITE_BTREE_NODE_H_
#define HEAPQ_INDEXER_SQLITE_BTREE_NODE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace heapq {

// A page of a b-tree in the making. Cells are laid down from the end of the
// page, their pointers up from its start. `divider` is set once the page is
// full: it is the entry that will go up, and the page stays here until one
// more entry shows that the page to its right will not be empty.
// https://www.sqlite.org/fileformat2.html#b_tree_pages
class BTreeNode {
 public:
  BTreeNode(bool leaf, bool index, uint32_t page_size)
      : header_(leaf ? kLeafHeader : kInteriorHeader),
        type_(leaf ? (index ? kLeafIndex : kLeafTable)
                   : (index ? kInteriorIndex : kInteriorTable)),
        page_(page_size),
        top_(page_size) {}

  // Bytes between the pointers, that of one more cell included, and the cells;
  // below 0 when the pointer alone does not fit.
  ptrdiff_t room() const {
    return static_cast<ptrdiff_t>(top_) -
           static_cast<ptrdiff_t>(header_ + 2 * (count_ + 1));
  }
  bool Fits(size_t size) const {
    return room() >= static_cast<ptrdiff_t>(size);
  }
  void Place(const uint8_t* cell, size_t size) {
    std::memcpy(cells() - size, cell, size);
    Placed(size);
  }
  // Where the next cell has to end; what lies below it, as far as there is
  // room, may be written.
  uint8_t* cells() { return page_.data() + top_; }
  // A cell of `size` bytes was written there.
  void Placed(size_t size) {
    top_ -= size;
    Put16(page_.data() + header_ + 2 * count_, top_);
    ++count_;
  }
  // Takes the last cell off the page.
  std::vector<uint8_t> TakeLast() {
    const size_t end = count_ > 1
                           ? Get16(page_.data() + header_ + 2 * (count_ - 2))
                           : page_.size();
    std::vector<uint8_t> cell(page_.begin() + static_cast<ptrdiff_t>(top_),
                              page_.begin() + static_cast<ptrdiff_t>(end));
    top_ = end;
    --count_;
    return cell;
  }
  // Fills in the page's header; the gap between pointers and cells is zeroed.
  const std::vector<uint8_t>& Close(uint32_t right) {
    uint8_t* p = page_.data();
    p[0] = type_;
    Put16(p + 1, 0);  // no free blocks
    Put16(p + 3, count_);
    Put16(p + 5, top_ & 0xffff);  // 65536 is written as 0
    p[7] = 0;
    if (header_ == kInteriorHeader) {
      Put16(p + 8, right >> 16);
      Put16(p + 10, right & 0xffff);
    }
    const size_t gap = header_ + 2 * count_;
    std::memset(p + gap, 0, top_ - gap);
    return page_;
  }
  void Reset() {
    count_ = 0;
    top_ = page_.size();
  }

  size_t count() const { return count_; }

  bool full = false;             // `divider` (and `right_child`) are waiting
  std::vector<uint8_t> divider;  // without the child pointer
  uint32_t right_child = 0;      // interior only

 private:
  static constexpr uint8_t kInteriorIndex = 0x02;
  static constexpr uint8_t kInteriorTable = 0x05;
  static constexpr uint8_t kLeafIndex = 0x0a;
  static constexpr uint8_t kLeafTable = 0x0d;
  static constexpr size_t kLeafHeader = 8;
  static constexpr size_t kInteriorHeader = 12;

  static void Put16(uint8_t* p, size_t value) {
    p[0] = static_cast<uint8_t>(value >> 8);
    p[1] = static_cast<uint8_t>(value);
  }
  static size_t Get16(const uint8_t* p) {
    return static_cast<size_t>(p[0]) << 8 | p[1];
  }

  const size_t header_;
  const uint8_t type_;
  std::vector<uint8_t> page_;
  size_t count_ = 0;
  size_t top_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_BTREE_NODE_H_
