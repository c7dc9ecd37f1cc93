#ifndef HEAPQ_INDEXER_HEAP_STRING_TABLE_H_
#define HEAPQ_INDEXER_HEAP_STRING_TABLE_H_

#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "indexer/base/column.h"
#include "indexer/base/text_blocks.h"

namespace heapq {

// The dictionary of names: each distinct text once, numbered 1, 2, … in the
// order of first use. Number 0 is "" and means "none".
class StringTable {
 public:
  StringTable() { texts_.push_back({}); }
  StringTable(StringTable&&) = default;
  StringTable& operator=(StringTable&&) = default;

  uint32_t Intern(std::string_view text);
  // The number of a text; 0 if it has none.
  uint32_t Find(std::string_view text) const;

  // Valid as long as the table.
  std::string_view Text(uint32_t number) const { return texts_[number]; }
  // Number of texts, "" included: numbers are below it.
  size_t size() const { return texts_.size(); }
  // Bytes of memory that it takes, about.
  size_t held_bytes() const;

 private:
  absl::flat_hash_map<absl::string_view, uint32_t> numbers_;
  Column<std::string_view> texts_;
  TextBlocks blocks_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_STRING_TABLE_H_
