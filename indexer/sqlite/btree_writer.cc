#include "indexer/sqlite/btree_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "indexer/base/status_macros.h"
#include "indexer/sqlite/record_builder.h"

namespace heapq {
namespace {

void Put32(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 24);
  p[1] = static_cast<uint8_t>(value >> 16);
  p[2] = static_cast<uint8_t>(value >> 8);
  p[3] = static_cast<uint8_t>(value);
}

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

BTreeWriter::BTreeWriter(Kind kind, PageFile* file, uint32_t root)
    : kind_(kind),
      page_size_(file->page_size()),
      root_(root),
      max_local_(MaxLocal(kind == Kind::kIndex, page_size_)),
      pages_(file) {
  levels_.push_back(
      std::make_unique<BTreeNode>(true, kind == Kind::kIndex, page_size_));
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
  BTreeNode* leaf = levels_[0].get();
  if (leaf->full) {  // index only: the cell follows a divider
    RETURN_IF_ERROR(Settle(0));
  }
  if (!leaf->Fits(size)) {
    if (kind_ == Kind::kIndex) {
      leaf->full = true;
      leaf->divider.assign(cell, cell + size);
      return absl::OkStatus();
    }
    uint8_t key[9];
    const uint8_t* end =
        PutSqliteVarint(key, static_cast<uint64_t>(last_rowid_));
    leaf->divider.assign(static_cast<const uint8_t*>(key), end);
    RETURN_IF_ERROR(Settle(0));
  }
  leaf->Place(cell, size);
  last_rowid_ = rowid;
  return absl::OkStatus();
}

absl::Status BTreeWriter::Emit(BTreeNode* node, uint32_t right_child,
                               uint32_t* number) {
  uint8_t* page = nullptr;
  RETURN_IF_ERROR(pages_.Append(number, &page));
  std::memcpy(page, node->Close(right_child).data(), page_size_);
  return absl::OkStatus();
}

// Emits the full page of `level` and hands it up with its divider.
absl::Status BTreeWriter::Settle(size_t level) {
  BTreeNode* node = levels_[level].get();
  uint32_t number = 0;
  RETURN_IF_ERROR(Emit(node, node->right_child, &number));
  node->Reset();
  node->full = false;
  const std::vector<uint8_t> divider = std::move(node->divider);
  node->divider.clear();
  return Push(level + 1, number, divider);
}

absl::Status BTreeWriter::Push(size_t level, uint32_t child,
                               const std::vector<uint8_t>& divider) {
  if (level == levels_.size()) {
    levels_.push_back(
        std::make_unique<BTreeNode>(false, kind_ == Kind::kIndex, page_size_));
  }
  BTreeNode* node = levels_[level].get();
  if (node->full) RETURN_IF_ERROR(Settle(level));
  std::vector<uint8_t> cell(4 + divider.size());
  Put32(cell.data(), child);
  std::memcpy(cell.data() + 4, divider.data(), divider.size());
  if (node->Fits(cell.size())) {
    node->Place(cell.data(), cell.size());
    return absl::OkStatus();
  }
  node->full = true;
  node->right_child = child;
  node->divider = divider;
  return absl::OkStatus();
}

absl::Status BTreeWriter::WriteRoot(BTreeNode* node, uint32_t right_child) {
  return pages_.file()->WriteAt(root_, 0, node->Close(right_child).data(),
                                page_size_);
}

absl::Status BTreeWriter::Finish() {
  uint32_t child = 0;  // the finished subtree to the right of everything
  for (size_t level = 0; level < levels_.size(); ++level) {
    BTreeNode* node = levels_[level].get();
    if (node->full) {
      // No page may be left without an entry: the waiting divider moves into
      // the new last page, and the full page's last entry takes its place.
      std::vector<uint8_t> last = node->TakeLast();
      std::vector<uint8_t> up;
      std::vector<uint8_t> down = std::move(node->divider);
      const uint32_t down_child = node->right_child;
      if (level == 0) {
        up = std::move(last);
      } else {
        node->right_child = static_cast<uint32_t>(last[0]) << 24 |
                            static_cast<uint32_t>(last[1]) << 16 |
                            static_cast<uint32_t>(last[2]) << 8 | last[3];
        up.assign(last.begin() + 4, last.end());
      }
      node->divider = std::move(up);
      RETURN_IF_ERROR(Settle(level));
      if (level == 0) {
        node->Place(down.data(), down.size());
      } else {
        std::vector<uint8_t> cell(4 + down.size());
        Put32(cell.data(), down_child);
        std::memcpy(cell.data() + 4, down.data(), down.size());
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
