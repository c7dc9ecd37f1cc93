#ifndef HEAPQ_INDEXER_HEAP_NAME_TABLE_H_
#define HEAPQ_INDEXER_HEAP_NAME_TABLE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace heapq {

// The dictionary of names: each distinct text once, numbered 1, 2, … in the
// order of first use. Number 0 is "" and means "none".
class NameTable {
 public:
  NameTable() { texts_.emplace_back(); }
  NameTable(NameTable&&) = default;
  NameTable& operator=(NameTable&&) = default;

  uint32_t Intern(std::string_view text);

  // Valid as long as the table.
  std::string_view Text(uint32_t number) const { return texts_[number]; }
  // Number of texts, "" included: numbers are below it.
  size_t size() const { return texts_.size(); }

 private:
  std::string_view Keep(std::string_view text);

  absl::flat_hash_map<absl::string_view, uint32_t> numbers_;
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_left_ = 0;
  char* block_next_ = nullptr;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_NAME_TABLE_H_
