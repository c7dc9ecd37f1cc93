#include "indexer/sqlite/btree_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "indexer/base/status_macros.h"
#include "indexer/sqlite/record_builder.h"

namespace heapq {
namespace {

constexpr uint8_t kInteriorIndex = 0x02;
constexpr uint8_t kInteriorTable = 0x05;
constexpr uint8_t kLeafIndex = 0x0a;
constexpr uint8_t kLeafTable = 0x0d;
constexpr size_t kLeafHeader = 8;
constexpr size_t kInteriorHeader = 12;

void Put16(uint8_t* p, size_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}

void Put32(uint8_t* p, uint32_t value) {
  Put16(p, value >> 16);
  Put16(p + 2, value & 0xffff);
}

size_t Get16(const uint8_t* p) { return static_cast<size_t>(p[0]) << 8 | p[1]; }

// How much of a payload lies in the cell itself: at most this, or else less.
// https://www.sqlite.org/fileformat2.html#cellformat
size_t MaxLocal(bool index, size_t usable) {
  return index ? (usable - 12) * 64 / 255 - 23 : usable - 35;
}
size_t LocalPayload(size_t max_local, size_t usable, size_t total) {
  if (total <= max_local) return total;
  const size_t min_local = (usable - 12) * 32 / 255 - 23;
  const size_t surplus = min_local + (total - min_local) % (usable - 4);
  return surplus <= max_local ? surplus : min_local;
}

}  // namespace

// What stands between two siblings: in an index a whole cell that is in no
// leaf, in a table only the largest rowid of the left one.
struct BTreeWriter::Divider {
  std::vector<uint8_t> cell;  // without the child pointer
};

// A page in the making. Cells are laid down from the end of the page, their
// pointers up from its start. `divider` is set once the page is full: it is
// the entry that will go up, and the page stays here until one more entry
// shows that the page to its right will not be empty.
class BTreeWriter::Node {
 public:
  Node(bool leaf, bool index, uint32_t page_size)
      : header_(leaf ? kLeafHeader : kInteriorHeader),
        type_(leaf ? (index ? kLeafIndex : kLeafTable)
                   : (index ? kInteriorIndex : kInteriorTable)),
        page_(page_size),
        top_(page_size) {}

  bool Fits(size_t size) const {
    return header_ + 2 * (count_ + 1) + size <= top_;
  }
  void Place(const uint8_t* cell, size_t size) {
    top_ -= size;
    std::memcpy(page_.data() + top_, cell, size);
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
    if (header_ == kInteriorHeader) Put32(p + 8, right);
    const size_t gap = header_ + 2 * count_;
    std::memset(p + gap, 0, top_ - gap);
    return page_;
  }
  void Reset() {
    count_ = 0;
    top_ = page_.size();
  }

  size_t count() const { return count_; }

  bool full = false;  // `divider` (and `right_child`) are waiting
  Divider divider;
  uint32_t right_child = 0;  // interior only

 private:
  const size_t header_;
  const uint8_t type_;
  std::vector<uint8_t> page_;
  size_t count_ = 0;
  size_t top_;
};

BTreeWriter::BTreeWriter(Kind kind, PageFile* file, uint32_t root)
    : kind_(kind),
      page_size_(file->page_size()),
      root_(root),
      max_local_(MaxLocal(kind == Kind::kIndex, page_size_)),
      pages_(file) {
  levels_.push_back(
      std::make_unique<Node>(true, kind == Kind::kIndex, page_size_));
  cell_.resize(page_size_ + 64);
}

BTreeWriter::~BTreeWriter() = default;

absl::Status BTreeWriter::WriteOverflow(std::string_view header,
                                        std::string_view body, size_t from,
                                        uint32_t* first) {
  const size_t total = header.size() + body.size();
  const size_t room = page_size_ - 4;
  uint32_t previous = 0;
  *first = 0;
  while (from < total) {
    uint32_t number = 0;
    uint8_t* page = nullptr;
    RETURN_IF_ERROR(pages_.Append(&number, &page));
    Put32(page, 0);
    size_t filled = 0;
    while (filled < room && from < total) {
      const std::string_view part = from < header.size()
                                        ? header.substr(from)
                                        : body.substr(from - header.size());
      const size_t n = std::min(part.size(), room - filled);
      std::memcpy(page + 4 + filled, part.data(), n);
      filled += n;
      from += n;
    }
    std::memset(page + 4 + filled, 0, room - filled);
    if (previous == 0) {
      *first = number;
    } else {
      RETURN_IF_ERROR(pages_.PatchStart(previous, number));
    }
    previous = number;
  }
  return absl::OkStatus();
}

absl::Status BTreeWriter::Add(int64_t rowid, std::string_view header,
                              std::string_view body) {
  const bool index = kind_ == Kind::kIndex;
  const size_t total = header.size() + body.size();
  const size_t local = LocalPayload(max_local_, page_size_, total);
  uint8_t* p = PutSqliteVarint(cell_.data(), total);
  if (!index) p = PutSqliteVarint(p, static_cast<uint64_t>(rowid));
  const size_t from_header = std::min(local, header.size());
  std::memcpy(p, header.data(), from_header);
  if (local > from_header) {
    std::memcpy(p + from_header, body.data(), local - from_header);
  }
  p += local;
  if (local < total) {
    uint32_t overflow = 0;
    RETURN_IF_ERROR(WriteOverflow(header, body, local, &overflow));
    Put32(p, overflow);
    p += 4;
  }
  auto size = static_cast<size_t>(p - cell_.data());
  while (size < kMinCell) cell_[size++] = 0;
  return AddToLeaf(cell_.data(), size, rowid);
}

absl::Status BTreeWriter::AddToLeaf(const uint8_t* cell, size_t size,
                                    int64_t rowid) {
  Node* leaf = levels_[0].get();
  if (leaf->full) {  // index only: the cell follows a divider
    RETURN_IF_ERROR(Settle(0));
  }
  if (!leaf->Fits(size)) {
    if (kind_ == Kind::kIndex) {
      leaf->full = true;
      leaf->divider.cell.assign(cell, cell + size);
      return absl::OkStatus();
    }
    uint8_t key[9];
    const uint8_t* end =
        PutSqliteVarint(key, static_cast<uint64_t>(last_rowid_));
    leaf->divider.cell.assign(static_cast<const uint8_t*>(key), end);
    RETURN_IF_ERROR(Settle(0));
  }
  leaf->Place(cell, size);
  last_rowid_ = rowid;
  return absl::OkStatus();
}

absl::Status BTreeWriter::Emit(Node* node, uint32_t right_child,
                               uint32_t* number) {
  uint8_t* page = nullptr;
  RETURN_IF_ERROR(pages_.Append(number, &page));
  std::memcpy(page, node->Close(right_child).data(), page_size_);
  return absl::OkStatus();
}

// Emits the full page of `level` and hands it up with its divider.
absl::Status BTreeWriter::Settle(size_t level) {
  Node* node = levels_[level].get();
  uint32_t number = 0;
  RETURN_IF_ERROR(Emit(node, node->right_child, &number));
  node->Reset();
  node->full = false;
  const Divider divider = std::move(node->divider);
  node->divider.cell.clear();
  return Push(level + 1, number, divider);
}

absl::Status BTreeWriter::Push(size_t level, uint32_t child,
                               const Divider& divider) {
  if (level == levels_.size()) {
    levels_.push_back(
        std::make_unique<Node>(false, kind_ == Kind::kIndex, page_size_));
  }
  Node* node = levels_[level].get();
  if (node->full) RETURN_IF_ERROR(Settle(level));
  std::vector<uint8_t> cell(4 + divider.cell.size());
  Put32(cell.data(), child);
  std::memcpy(cell.data() + 4, divider.cell.data(), divider.cell.size());
  if (node->Fits(cell.size())) {
    node->Place(cell.data(), cell.size());
    return absl::OkStatus();
  }
  node->full = true;
  node->right_child = child;
  node->divider = divider;
  return absl::OkStatus();
}

absl::Status BTreeWriter::WriteRoot(Node* node, uint32_t right_child) {
  return pages_.file()->WriteAt(root_, 0, node->Close(right_child).data(),
                                page_size_);
}

absl::Status BTreeWriter::Finish() {
  uint32_t child = 0;  // the finished subtree to the right of everything
  for (size_t level = 0; level < levels_.size(); ++level) {
    Node* node = levels_[level].get();
    if (node->full) {
      // No page may be left without an entry: the waiting divider moves into
      // the new last page, and the full page's last entry takes its place.
      std::vector<uint8_t> last = node->TakeLast();
      Divider up;
      Divider down = std::move(node->divider);
      const uint32_t down_child = node->right_child;
      if (level == 0) {
        up.cell = std::move(last);
      } else {
        node->right_child = static_cast<uint32_t>(last[0]) << 24 |
                            static_cast<uint32_t>(last[1]) << 16 |
                            static_cast<uint32_t>(last[2]) << 8 | last[3];
        up.cell.assign(last.begin() + 4, last.end());
      }
      node->divider = std::move(up);
      RETURN_IF_ERROR(Settle(level));
      if (level == 0) {
        node->Place(down.cell.data(), down.cell.size());
      } else {
        std::vector<uint8_t> cell(4 + down.cell.size());
        Put32(cell.data(), down_child);
        std::memcpy(cell.data() + 4, down.cell.data(), down.cell.size());
        node->Place(cell.data(), cell.size());
      }
    }
    if (level + 1 == levels_.size()) {
      RETURN_IF_ERROR(WriteRoot(node, child));
      break;
    }
    uint32_t number = 0;
    RETURN_IF_ERROR(Emit(node, child, &number));
    child = number;
  }
  return pages_.Finish();
}

}  // namespace heapq
