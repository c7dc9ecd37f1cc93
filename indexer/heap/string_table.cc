#include "indexer/heap/string_table.h"

namespace heapq {

uint32_t StringTable::Intern(std::string_view text) {
  if (text.empty()) return 0;
  const auto found = numbers_.find(absl::string_view(text.data(), text.size()));
  if (found != numbers_.end()) return found->second;
  const std::string_view kept = blocks_.Keep(text);
  const auto number = static_cast<uint32_t>(texts_.size());
  texts_.push_back(kept);
  numbers_.emplace(absl::string_view(kept.data(), kept.size()), number);
  return number;
}

uint32_t StringTable::Find(std::string_view text) const {
  const auto found = numbers_.find(absl::string_view(text.data(), text.size()));
  return found == numbers_.end() ? 0 : found->second;
}

size_t StringTable::held_bytes() const {
  constexpr size_t kSlot = sizeof(decltype(numbers_)::value_type) + 1;
  return blocks_.held_bytes() + texts_.size() * sizeof(std::string_view) +
         numbers_.capacity() * kSlot;
}

}  // namespace heapq
