#ifndef HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_
#define HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_

#include "indexer/base/column.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {

// Walks the dominator tree depth first, without recursion: `enter(id)` before
// an object's subtree, `leave(id)` behind it. Memory: 8 bytes an object.
template <typename Enter, typename Leave>
void WalkDominatorTree(const Heap& heap, const Analysis& analysis, Enter enter,
                       Leave leave) {
  const size_t size = size_t{heap.last_id()} + 1;
  Column<ObjectId> first_child(size);
  Column<ObjectId> next_sibling(size);
  for (ObjectId id = heap.last_id(); id > 0; --id) {
    if (analysis.tier[id] == Analysis::kUnreachable) continue;
    next_sibling[id] = first_child[analysis.idom[id]];
    first_child[analysis.idom[id]] = id;
  }
  ObjectId id = first_child[0];
  while (id != 0) {
    enter(id);
    if (first_child[id] != 0) {
      id = first_child[id];
      continue;
    }
    // Leave this one and every ancestor whose last child it was.
    while (id != 0) {
      leave(id);
      if (next_sibling[id] != 0) {
        id = next_sibling[id];
        break;
      }
      id = analysis.idom[id];
    }
  }
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_
