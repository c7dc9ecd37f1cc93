#include "indexer/graph/successors.h"

namespace heapq {

std::vector<ObjectId> StrongRootTargets(const Heap& heap) {
  std::vector<bool> seen(size_t{heap.last_id()} + 1);
  std::vector<ObjectId> targets;
  for (const RootEntry& root : heap.roots) {
    if (root.weak || seen[root.dst]) continue;
    seen[root.dst] = true;
    targets.push_back(root.dst);
  }
  return targets;
}

}  // namespace heapq
