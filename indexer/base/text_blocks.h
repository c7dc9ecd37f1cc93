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

 private:
  std::vector<Column<char>> blocks_;
  size_t left_ = 0;  // in the last one
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_TEXT_BLOCKS_H_
