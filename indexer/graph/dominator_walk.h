#ifndef HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_
#define HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_

#include "indexer/base/cancellation.h"
#include "indexer/base/column.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {

// Walks the dominator tree depth first, without recursion: `enter(id)` before
// an object's subtree, `leave(id)` behind it; only `leaf(id)` for one that
// dominates nothing, as most do. Memory: 8 bytes an object. False: it was to
// stop.
template <typename Enter, typename Leave, typename Leaf>
bool WalkDominatorTree(const Heap& heap, const Analysis& analysis,
                       const Cancellation& stop, Enter enter, Leave leave,
                       Leaf leaf) {
  struct Node {
    ObjectId first_child;
    ObjectId next_sibling;
  };
  constexpr ObjectId kAhead = 16;
  Column<Node> nodes(size_t{heap.last_id()} + 1);
  for (ObjectId id = heap.last_id(); id > 0; --id) {
    if (stop.RequestedAt(id)) return false;
    if (id > kAhead) __builtin_prefetch(&nodes[analysis.idom[id - kAhead]], 1);
    if (analysis.tier[id] == Analysis::kUnreachable) continue;
    ObjectId& first = nodes[analysis.idom[id]].first_child;
    nodes[id].next_sibling = first;
    first = id;
  }
  ObjectId id = nodes[0].first_child;
  uint64_t steps = 0;
  while (id != 0) {
    if (stop.RequestedAt(++steps)) return false;
    const Node node = nodes[id];
    __builtin_prefetch(&nodes[node.next_sibling]);
    __builtin_prefetch(&heap.class_of[node.next_sibling]);
    __builtin_prefetch(&analysis.retained[node.next_sibling]);
    if (node.first_child != 0) {
      enter(id);
      id = node.first_child;
      continue;
    }
    leaf(id);
    id = node.next_sibling != 0 ? node.next_sibling : analysis.idom[id];
    if (node.next_sibling != 0) continue;
    // Leave every ancestor whose last child that was.
    while (id != 0) {
      leave(id);
      const ObjectId next = nodes[id].next_sibling;
      if (next != 0) {
        id = next;
        break;
      }
      id = analysis.idom[id];
    }
  }
  return true;
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_DOMINATOR_WALK_H_
