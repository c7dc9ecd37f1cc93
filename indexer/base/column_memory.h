#ifndef HEAPQ_INDEXER_BASE_COLUMN_MEMORY_H_
#define HEAPQ_INDEXER_BASE_COLUMN_MEMORY_H_

#include <cstddef>

namespace heapq {

// The memory of a column. Sizes are in bytes.
struct ColumnMemory {
  void* data = nullptr;
  size_t size = 0;
  // From here on all bytes are zero; before it anything may stand.
  size_t zero_from = 0;
};

// Changes the size of `memory` to at least `size`; its first `used` bytes are
// kept. It may move. Pieces of middling size come from a pool that keeps what
// is given back for the next one: a first touch of memory costs a trap for
// each page, which is more than most loops over a column do there. Throws
// std::bad_alloc. May be called from any thread.
ColumnMemory Reallocate(ColumnMemory memory, size_t used, size_t size);
void Free(const ColumnMemory& memory);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_COLUMN_MEMORY_H_
