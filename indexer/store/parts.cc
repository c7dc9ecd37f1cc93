#include "indexer/store/parts.h"

namespace heapq {

uint32_t FindName(const StringTable& names, std::string_view text) {
  return names.Find(text);
}

ObjectId FindPart(const Heap& heap, ObjectId id, uint32_t name) {
  if (name == 0) return 0;
  for (uint32_t e = heap.edges.begin[id]; e < heap.edges.begin[id + 1]; ++e) {
    if (heap.edges.kind[e] == EdgeKind::kPart && heap.edges.label[e] == name) {
      return heap.edges.dst[e];
    }
  }
  return 0;
}

}  // namespace heapq
