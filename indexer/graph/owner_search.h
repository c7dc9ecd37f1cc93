#ifndef HEAPQ_INDEXER_GRAPH_OWNER_SEARCH_H_
#define HEAPQ_INDEXER_GRAPH_OWNER_SEARCH_H_

#include "indexer/base/cancellation.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {

// Fills analysis->tier, parent, depth and jump: each object's best retention
// path (docs/reference/paths.md). Reads analysis->retained. A breadth-first
// search in tiers: an edge or root of a worse tier is taken only for objects
// that nothing better reaches; within a tier fewest hops win, then named edges
// over nameless ones. Paths may be a million hops long: `jump` is a skew-binary
// ancestor (Myers, "An applicative random-access stack", 1983), which reaches
// any depth in O(log n) steps. False: it was to stop.
bool SearchOwners(const Heap& heap, const Cancellation& stop,
                  Analysis* analysis);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_OWNER_SEARCH_H_
