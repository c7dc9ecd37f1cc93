#ifndef HEAPQ_INDEXER_HEAP_PERMUTATION_H_
#define HEAPQ_INDEXER_HEAP_PERMUTATION_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "indexer/base/column.h"

namespace heapq {

// Where the entries of columns go that are to get another order. Neighbours
// that stay neighbours, as the objects of a heap page do, move together.
class Permutation {
 public:
  // The entries [from, from + count) go to [to, to + count). In the end all
  // of [0, n) must have been named as places to go to, each once.
  void Move(uint32_t from, uint32_t to, uint32_t count) {
    if (count == 0) return;
    if (!runs_.empty() && runs_.back().from + runs_.back().count == from &&
        runs_.back().to + runs_.back().count == to) {
      runs_.back().count += count;
    } else {
      runs_.push_back({from, to, count});
    }
    count_ += count;
  }

  // Gives `column` its new order, and `size` entries, at least n; those from
  // n on are zero.
  template <typename T>
  void Apply(size_t size, Column<T>* column) const {
    if (!StaysAsItIs()) {
      Column<T> moved;
      moved.reserve(size);
      moved.resize_for_overwrite(count_);
      for (const Run& run : runs_) {
        std::memcpy(moved.data() + run.to, column->data() + run.from,
                    run.count * sizeof(T));
      }
      *column = std::move(moved);
    }
    column->resize(size);
  }

 private:
  struct Run {
    uint32_t from;
    uint32_t to;
    uint32_t count;
  };

  bool StaysAsItIs() const {
    return runs_.size() <= 1 && (runs_.empty() || runs_[0].from == runs_[0].to);
  }

  Column<Run> runs_;
  size_t count_ = 0;  // n
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_PERMUTATION_H_
