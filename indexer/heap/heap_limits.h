#ifndef HEAPQ_INDEXER_HEAP_HEAP_LIMITS_H_
#define HEAPQ_INDEXER_HEAP_HEAP_LIMITS_H_

#include <cstdint>

namespace heapq {

// The most references that a heap may have: their numbers have 32 bits.
inline constexpr uint64_t kMaxEdges = 0xfffffff0;

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_HEAP_LIMITS_H_
