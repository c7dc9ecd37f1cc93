#ifndef HEAPQ_INDEXER_GRAPH_SUCCESSORS_H_
#define HEAPQ_INDEXER_GRAPH_SUCCESSORS_H_

#include <cstdint>
#include <vector>

#include "indexer/heap/heap.h"

namespace heapq {

// Walks the strong edges of one object, its class edge last. A cursor is a
// number, so that a search can put a half-walked object aside.
class Successors {
 public:
  explicit Successors(const Heap& heap) : heap_(heap) {}

  uint32_t Begin(ObjectId id) const { return heap_.edges.begin[id]; }
  // Steps over one edge; false at the end. `end` is where the next object's
  // edges begin.
  bool Next(ObjectId id, uint32_t end, uint32_t* cursor, ObjectId* dst) const {
    if (*cursor < end) {
      *dst = heap_.edges.dst[(*cursor)++];
      return true;
    }
    if (*cursor > end || heap_.class_of[id] == 0) return false;
    ++*cursor;
    *dst = heap_.class_of[id];
    return true;
  }

  template <typename Visit>
  void ForEach(ObjectId id, Visit visit) const {
    const uint32_t end = heap_.edges.begin[id + 1];
    for (uint32_t e = heap_.edges.begin[id]; e < end; ++e) {
      visit(heap_.edges.dst[e]);
    }
    if (heap_.class_of[id] != 0) visit(heap_.class_of[id]);
  }

 private:
  const Heap& heap_;
};

// The objects that the GC marks from the roots, each once, in the order of
// the roots' entries.
std::vector<ObjectId> StrongRootTargets(const Heap& heap);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_SUCCESSORS_H_
