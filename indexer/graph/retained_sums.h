#ifndef HEAPQ_INDEXER_GRAPH_RETAINED_SUMS_H_
#define HEAPQ_INDEXER_GRAPH_RETAINED_SUMS_H_

#include <cstddef>
#include <cstdint>

#include "indexer/base/column.h"

namespace heapq {

// Sums the retained sizes of groups of objects on a walk of the dominator tree
// (dominator_walk.h): of objects that lie in one another only the outermost
// adds its bytes.
class RetainedSums {
 public:
  explicit RetainedSums(size_t groups) : sum_(groups), inside_(groups) {}

  void Enter(size_t group, uint64_t retained) {
    if (inside_[group]++ == 0) sum_[group] += retained;
  }
  void Leave(size_t group) { --inside_[group]; }
  // Both, of an object with nothing in it.
  void Pass(size_t group, uint64_t retained) {
    if (inside_[group] == 0) sum_[group] += retained;
  }

  uint64_t operator[](size_t group) const { return sum_[group]; }

 private:
  Column<uint64_t> sum_;
  Column<uint32_t> inside_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_RETAINED_SUMS_H_
