#include "indexer/base/text_blocks.h"

#include <algorithm>
#include <cstring>

namespace heapq {
namespace {
constexpr size_t kBlockSize = 1 << 16;
}  // namespace

std::string_view TextBlocks::Keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > left_) {
    held_bytes_ -= left_;
    left_ = std::max(kBlockSize, text.size());
    held_bytes_ += left_;
    blocks_.emplace_back().resize_for_overwrite(left_);
  }
  char* const kept = blocks_.back().end() - left_;
  std::memcpy(kept, text.data(), text.size());
  left_ -= text.size();
  return {kept, text.size()};
}

}  // namespace heapq
