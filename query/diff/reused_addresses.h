#ifndef HEAPQ_QUERY_DIFF_REUSED_ADDRESSES_H_
#define HEAPQ_QUERY_DIFF_REUSED_ADDRESSES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Where allocations are not traced, an object that was freed and another of its
// class that was made at the same address look like one object. This looks at
// what they hold: `before[i]` and `after[i]` are ids of two heaps, ascending,
// of objects at the same address and of the same class. The answer is true for
// each pair whose text differs, or of which no reference leads to an object
// that is still the same. It is an estimate: a string can be overwritten and a
// variable assigned, and an object without text and references shows nothing.
absl::StatusOr<std::vector<bool>> LooksReused(
    HeapDb* heap_before, const std::vector<uint32_t>& before,
    HeapDb* heap_after, const std::vector<uint32_t>& after);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DIFF_REUSED_ADDRESSES_H_
