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
  bool mapped = false;  // a mapping of its own
};

// Changes the size of `memory` to at least `size`; its first `used` bytes are
// kept. It may move. Pieces of middling size come from a pool that keeps what
// is given back for the next one: a first touch of memory costs a trap for
// each page, which is more than most loops over a column do there. Large ones,
// and those that are `growing` step by step, are mappings of their own, which
// grow without being copied. Throws std::bad_alloc. May be called from any
// thread.
ColumnMemory Reallocate(ColumnMemory memory, size_t used, size_t size,
                        bool growing);
void Free(const ColumnMemory& memory);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_COLUMN_MEMORY_H_
