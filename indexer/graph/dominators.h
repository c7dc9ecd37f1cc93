#ifndef HEAPQ_INDEXER_GRAPH_DOMINATORS_H_
#define HEAPQ_INDEXER_GRAPH_DOMINATORS_H_

#include "indexer/base/cancellation.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {

// Fills analysis->idom, retained, reachable_count and reachable_size for the
// GC-exact graph: all strong edges, class edges included, below one
// super-root. SemiNCA (Georgiadis, "Linear-Time Algorithms for Dominators and
// Related Problems", 2005) on preorder numbers; no recursion. Memory on top
// of the heap: 32 bytes an object and 4 an edge, or 24 and 8 where that is
// more. False: it was to stop.
bool ComputeDominators(const Heap& heap, const Cancellation& stop,
                       Analysis* analysis);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_DOMINATORS_H_
