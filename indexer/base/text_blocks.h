#ifndef HEAPQ_INDEXER_BASE_TEXT_BLOCKS_H_
#define HEAPQ_INDEXER_BASE_TEXT_BLOCKS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "indexer/base/column.h"

namespace heapq {

// Keeps copies of texts, which stay where they are as long as this lives or
// what it was moved to.
class TextBlocks {
 public:
  std::string_view Keep(std::string_view text);
  // Bytes of memory that the texts take.
  size_t held_bytes() const { return held_bytes_ - left_; }

 private:
  std::vector<Column<char>> blocks_;
  size_t left_ = 0;        // in the last one
  size_t held_bytes_ = 0;  // in all of them
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_TEXT_BLOCKS_H_
