#ifndef HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_
#define HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "indexer/base/column.h"

namespace heapq {

// Pieces of text with an owner, written in any order and read back by owner.
// They lie in a nameless temporary file; memory holds 12 bytes for each
// piece and one buffer. Errors stick: Append never fails, ForEach tells.
class TextSpill {
 public:
  // `dir` is where the file would be, if one is needed.
  explicit TextSpill(std::string dir) : dir_(std::move(dir)) {}
  ~TextSpill();
  TextSpill(const TextSpill&) = delete;
  TextSpill& operator=(const TextSpill&) = delete;

  // Appends one piece, given in two parts.
  void Append(uint32_t owner, std::string_view head, std::string_view tail);
  size_t size() const { return owner_.size(); }
  // Drops the pieces from the `size`-th on.
  void Truncate(size_t size);
  // The pieces from the `from`-th on belong to `owner` after all.
  void SetOwner(size_t from, uint32_t owner);

  // Renames the owners (0: the piece is dropped), once, before ForEach.
  void MapOwners(absl::FunctionRef<uint32_t(uint32_t)> map);
  // Visits by ascending owner, in the order of Append for one owner.
  absl::Status ForEach(
      absl::FunctionRef<absl::Status(uint32_t owner, std::string_view)> visit);

 private:
  uint64_t EndOf(size_t i) const {
    return i + 1 < offset_.size() ? offset_[i + 1] : written_ + buffer_.size();
  }
  void Flush();
  absl::Status Read(uint64_t offset, size_t size, std::string_view* text);

  const std::string dir_;
  absl::Status status_;
  int fd_ = -1;
  uint64_t written_ = 0;  // bytes in the file; the buffer follows
  std::string buffer_;
  Column<uint32_t> owner_;
  Column<uint64_t> offset_;
  // The window of the file that was read last.
  std::string window_;
  uint64_t window_offset_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_
