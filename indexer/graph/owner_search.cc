#include "indexer/graph/owner_search.h"

#include <utility>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/graph/edge_tier.h"

namespace heapq {
namespace {

bool IsNamed(EdgeKind kind) {
  return kind != EdgeKind::kRef && kind != EdgeKind::kClass;
}

class OwnerSearch {
 public:
  OwnerSearch(const Heap& heap, Analysis* analysis)
      : heap_(heap), tiers_(heap), out_(*analysis) {}

  void Run() {
    const size_t size = size_t{heap_.last_id()} + 1;
    out_.tier.assign(size, Analysis::kUnreachable);
    out_.parent.assign(size, 0);
    out_.depth.assign(size, 0);
    out_.tier[0] = 0;
    for (uint8_t tier = 0; tier < kTierCount; ++tier) RunTier(tier);
    FindJumps();
  }

 private:
  void Reach(ObjectId id, ObjectId parent, uint32_t depth) {
    out_.tier[id] = tier_;
    out_.parent[id] = parent;
    out_.depth[id] = depth;
    found_.push_back(id);
  }

  // Level by level over what better tiers reached and what this one adds.
  void RunTier(uint8_t tier) {
    tier_ = tier;
    const Column<ObjectId> old = std::move(order_);
    order_ = Column<ObjectId>();
    found_.clear();
    for (const RootEntry& root : heap_.roots) {
      if (!root.weak && RootTier(root.category) <= tier &&
          out_.tier[root.dst] == Analysis::kUnreachable) {
        Reach(root.dst, 0, 1);
      }
    }
    size_t next_old = 0;
    uint32_t depth = 1;
    while (next_old < old.size() || !found_.empty()) {
      if (found_.empty()) depth = out_.depth[old[next_old]];
      const size_t level_begin = order_.size();
      for (; next_old < old.size() && out_.depth[old[next_old]] == depth;
           ++next_old) {
        order_.push_back(old[next_old]);
      }
      for (const ObjectId id : found_) order_.push_back(id);
      const size_t level_end = order_.size();
      found_.clear();
      for (size_t i = level_begin; i < level_end; ++i) {
        Expand(order_[i], depth, true);
      }
      for (size_t i = level_begin; i < level_end; ++i) {
        Expand(order_[i], depth, false);
      }
      ++depth;
    }
  }

  void Expand(ObjectId id, uint32_t depth, bool named) {
    const uint32_t end = heap_.edges.end[id];
    for (uint32_t e = heap_.edges.begin[id]; e < end; ++e) {
      const ObjectId dst = heap_.edges.dst[e];
      const EdgeKind kind = heap_.edges.kind[e];
      if (out_.tier[dst] == Analysis::kUnreachable && IsNamed(kind) == named &&
          tiers_.Of(id, kind, dst) <= tier_) {
        Reach(dst, id, depth + 1);
      }
    }
    const ObjectId klass = heap_.class_of[id];
    if (!named && klass != 0 && out_.tier[klass] == Analysis::kUnreachable &&
        tiers_.Of(id, EdgeKind::kClass, klass) <= tier_) {
      Reach(klass, id, depth + 1);
    }
  }

  void FindJumps() {
    out_.jump.assign(size_t{heap_.last_id()} + 1, 0);
    for (const ObjectId id : order_) {  // ascending depth: parents first
      const ObjectId parent = out_.parent[id];
      const ObjectId jump = out_.jump[parent];
      out_.jump[id] = out_.depth[parent] - out_.depth[jump] ==
                              out_.depth[jump] - out_.depth[out_.jump[jump]]
                          ? out_.jump[jump]
                          : parent;
    }
  }

  const Heap& heap_;
  const EdgeTiers tiers_;
  Analysis& out_;
  uint8_t tier_ = 0;
  Column<ObjectId> order_;       // all reached, by depth
  std::vector<ObjectId> found_;  // the next level
};

}  // namespace

void SearchOwners(const Heap& heap, Analysis* analysis) {
  OwnerSearch(heap, analysis).Run();
}

}  // namespace heapq
