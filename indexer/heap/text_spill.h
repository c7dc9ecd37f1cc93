#ifndef HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_
#define HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "indexer/base/column.h"

namespace heapq {

// Pieces of text with an owner, written in any order and read back by owner.
// They lie in a nameless temporary file; memory holds 8 bytes for each
// piece and one buffer. Errors stick: Append never fails, ForEach reports them.
class TextSpill {
 public:
  // `dir` is where the file would be, if one is needed.
  explicit TextSpill(std::string dir) : dir_(std::move(dir)) {}
  ~TextSpill();
  TextSpill(const TextSpill&) = delete;
  TextSpill& operator=(const TextSpill&) = delete;

  // Appends one piece, shorter than 4 GiB, given in two parts.
  void Append(uint32_t owner, std::string_view head, std::string_view tail);
  size_t size() const { return owner_.size(); }
  // Bytes of memory that grow with the pieces.
  size_t held_bytes() const {
    return size() * (sizeof(uint32_t) + sizeof(uint32_t));
  }
  // Drops the pieces from the `size`-th on.
  void Truncate(size_t size);
  // The pieces from the `from`-th on belong to `owner` after all.
  void SetOwner(size_t from, uint32_t owner);

  // Renames the owners (0: the piece is dropped), once, before ForEach.
  void MapOwners(absl::FunctionRef<uint32_t(uint32_t)> map);
  // Visits by ascending owner, in the order of Append for one owner. Once: it
  // gives the memory back. Quick where runs of owners ascend.
  absl::Status ForEach(
      absl::FunctionRef<absl::Status(uint32_t owner, std::string_view)> visit);
  // Visits the pieces of the owners for which `wanted` is true, in the order of
  // Append. Before ForEach, any number of times.
  absl::Status ForSome(
      absl::FunctionRef<bool(uint32_t owner)> wanted,
      absl::FunctionRef<absl::Status(uint32_t owner, std::string_view)> visit);

 private:
  // Pieces [next, end), by ascending owner; the first one is at `offset`.
  struct Run {
    size_t next;
    size_t end;
    uint64_t offset;
  };

  std::vector<Run> Runs() const;
  void Buffer(std::string_view text);
  void Flush();
  absl::Status Read(uint64_t offset, size_t size, std::string_view* text);

  const std::string dir_;
  absl::Status status_;
  int fd_ = -1;
  uint64_t written_ = 0;  // bytes in the file; the buffer follows
  Column<char> buffer_;
  Column<uint32_t> owner_;
  Column<uint32_t> size_;
  // The window of the file that was read last.
  Column<char> window_;
  uint64_t window_offset_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_TEXT_SPILL_H_
