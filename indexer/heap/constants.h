#ifndef HEAPQ_INDEXER_HEAP_CONSTANTS_H_
#define HEAPQ_INDEXER_HEAP_CONSTANTS_H_

#include "indexer/heap/heap.h"

namespace heapq {

// Finds the classes and modules that are constants, in a heap whose references
// have no names, as those of ObjectSpace.dump_all. "A::B" is taken for a
// constant of A if it is a class or module of that name and A, itself a
// constant, refers to it. A class that was replaced or removed has a name as
// well, but its namespace no longer refers to it.
//
// Fills heap->constants, Object included, and makes the references between them
// EdgeKind::kConst.
void NameConstants(Heap* heap);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_CONSTANTS_H_
