#include "indexer/read/block_source.h"

#include <algorithm>
#include <cstring>

#include "indexer/base/simd.h"

namespace heapq {

bool BlockSource::Next(Block* block) {
  broken_off_ = false;
  if (ended_) return false;
  block->bytes_.resize_for_overwrite(size_ + kReadAhead);
  char* const bytes = block->bytes_.data();
  size_t filled = rest_.size();
  std::memcpy(bytes, rest_.data(), filled);
  rest_.clear();
  block->error_ = absl::OkStatus();
  while (filled < size_) {
    const absl::StatusOr<size_t> read =
        source_->Read(bytes + filled, size_ - filled);
    if (absl::IsAborted(read.status())) {
      broken_off_ = true;
      rest_.assign(bytes, filled);
      return false;
    }
    if (!read.ok()) block->error_ = read.status();
    if (!read.ok() || *read == 0) {
      ended_ = true;
      break;
    }
    filled += *read;
  }
  size_t end = filled;
  if (!ended_) {
    const size_t feed = std::string_view(bytes, filled).rfind('\n');
    if (feed != std::string_view::npos) end = feed + 1;
    rest_.assign(bytes + end, filled - end);
  }
  block->size_ = end;
  std::memset(bytes + end, 0, kReadAhead);
  block->begins_line_ = begins_line_;
  block->number_ = number_++;
  block->consumed_ = source_->consumed();
  begins_line_ = end > 0 ? bytes[end - 1] == '\n' : begins_line_;
  return end > 0 || !block->error_.ok();
}

}  // namespace heapq
