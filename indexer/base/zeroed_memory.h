#ifndef HEAPQ_INDEXER_BASE_ZEROED_MEMORY_H_
#define HEAPQ_INDEXER_BASE_ZEROED_MEMORY_H_

#include <cstddef>

namespace heapq {

// Changes the size of a piece of memory, in bytes; what is new is zero. `data`
// is null and `old_size` 0, or both are those of an earlier call. The piece
// may move. Throws std::bad_alloc.
void* ReallocateZeroed(void* data, size_t old_size, size_t size);
void FreeZeroed(void* data, size_t size);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_ZEROED_MEMORY_H_
