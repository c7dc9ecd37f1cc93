#ifndef HEAPQ_INDEXER_STORE_PARTS_H_
#define HEAPQ_INDEXER_STORE_PARTS_H_

#include <cstdint>
#include <string_view>

#include "indexer/heap/heap.h"

namespace heapq {

// Number of a name; 0 if the heap does not have it.
uint32_t FindName(const StringTable& names, std::string_view text);

// Returns the target of an object's named part ("iseq", "attached"), or 0.
// `name` may be 0.
ObjectId FindPart(const Heap& heap, ObjectId id, uint32_t name);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_PARTS_H_
