#include "indexer/heap/name_table.h"

#include <cstring>

namespace heapq {
namespace {
constexpr size_t kBlockSize = 1 << 16;
}  // namespace

uint32_t NameTable::Intern(std::string_view text) {
  if (text.empty()) return 0;
  const auto found = numbers_.find(absl::string_view(text.data(), text.size()));
  if (found != numbers_.end()) return found->second;
  const std::string_view kept = Keep(text);
  const auto number = static_cast<uint32_t>(texts_.size());
  texts_.push_back(kept);
  numbers_.emplace(absl::string_view(kept.data(), kept.size()), number);
  return number;
}

std::string_view NameTable::Keep(std::string_view text) {
  if (text.size() > kBlockSize / 4) {  // a block of its own
    blocks_.push_back(std::make_unique<char[]>(text.size()));
    std::memcpy(blocks_.back().get(), text.data(), text.size());
    return {blocks_.back().get(), text.size()};
  }
  if (text.size() > block_left_) {
    blocks_.push_back(std::make_unique<char[]>(kBlockSize));
    block_next_ = blocks_.back().get();
    block_left_ = kBlockSize;
  }
  std::memcpy(block_next_, text.data(), text.size());
  const std::string_view kept(block_next_, text.size());
  block_next_ += text.size();
  block_left_ -= text.size();
  return kept;
}

}  // namespace heapq
