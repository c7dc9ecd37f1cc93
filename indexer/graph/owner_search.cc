#include "indexer/graph/owner_search.h"

#include <algorithm>
#include <cstddef>
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
  OwnerSearch(const Heap& heap, const Cancellation& stop, Analysis* analysis)
      : heap_(heap), stop_(stop), tiers_(heap), out_(*analysis) {}

  // False: it was to stop.
  bool Run() {
    const size_t size = size_t{heap_.last_id()} + 1;
    out_.tier.assign(size, Analysis::kUnreachable);
    out_.parent.resize(size);
    out_.depth.resize(size);
    out_.tier[0] = 0;
    for (tier_ = 0; tier_ < kTierCount; ++tier_) {
      if (!RunTier()) return false;
    }
    return deepest_ < Analysis::kDepthWithJump || FindJumps();
  }

 private:
  struct Edge {
    ObjectId src;
    ObjectId dst;
  };
  // Edges of a worse tier that the search saw in a better one, whose targets
  // were not reached then; by ascending depth of their holder.
  struct Postponed {
    Column<Edge> edges;
    Column<uint8_t> named;
    size_t next = 0;
  };

  bool Unreached(ObjectId id) const {
    return out_.tier[id] == Analysis::kUnreachable;
  }

  void Reach(ObjectId id, ObjectId parent) {
    if (!Unreached(id)) return;
    out_.tier[id] = tier_;
    out_.parent[id] = parent;
    out_.depth[id] = out_.depth[parent] + 1;
    found_.push_back(id);
  }

  // Level by level; what better tiers reached takes part where it has edges
  // of this tier.
  bool RunTier() {
    for (const RootEntry& root : heap_.roots) {
      if (!root.weak && RootTier(root.category) <= tier_) Reach(root.dst, 0);
    }
    // Every reachable object has a retained size by now.
    for (const ObjectId id : heap_.constants) {
      if (out_.retained[id] != 0) Reach(id, 0);
    }
    Column<ObjectId> level;
    for (uint32_t depth = 1; FindWork(&depth); ++depth) {
      std::swap(level, found_);
      found_.clear();
      for (uint8_t from = 0; from < tier_; ++from) TakePostponed(from, depth);
      if (stop_.requested()) return false;
      for (size_t i = 0; i < level.size(); ++i) {
        if (stop_.RequestedAt(i)) return false;
        PrefetchNear(level, i);
        Expand(level[i]);
      }
      for (const Edge& edge : nameless_) Reach(edge.dst, edge.src);
      nameless_.clear();
      deepest_ = std::max(deepest_, depth);
    }
    for (uint8_t from = 0; from < tier_; ++from) {
      postponed_[from][tier_] = Postponed();
    }
    return true;
  }

  // Only the objects that lie deep and their ancestors get one. False: it was
  // to stop.
  bool FindJumps() {
    constexpr ObjectId kUnknown = ~ObjectId{0};
    Column<ObjectId>& jump = out_.jump;
    jump.assign(out_.depth.size(), kUnknown);
    jump[0] = 0;
    std::vector<ObjectId> path;
    for (ObjectId start = 1; start < jump.size(); ++start) {
      if (stop_.RequestedAt(start)) return false;
      if (out_.depth[start] < Analysis::kDepthWithJump) continue;
      for (ObjectId id = start; jump[id] == kUnknown; id = out_.parent[id]) {
        path.push_back(id);
      }
      for (; !path.empty(); path.pop_back()) {
        const ObjectId parent = out_.parent[path.back()];
        const ObjectId far = jump[parent];
        jump[path.back()] = out_.depth[parent] - out_.depth[far] ==
                                    out_.depth[far] - out_.depth[jump[far]]
                                ? jump[far]
                                : parent;
      }
    }
    return true;
  }

  // False: nothing is left. `depth` moves on to the next level that has work.
  bool FindWork(uint32_t* depth) {
    if (!found_.empty()) return true;
    bool work = false;
    for (uint8_t from = 0; from < tier_; ++from) {
      const Postponed& postponed = postponed_[from][tier_];
      if (postponed.next == postponed.edges.size()) continue;
      const uint32_t at = out_.depth[postponed.edges[postponed.next].src];
      if (!work || at < *depth) *depth = at;
      work = true;
    }
    return work;
  }

  void TakePostponed(uint8_t from, uint32_t depth) {
    Postponed& postponed = postponed_[from][tier_];
    for (; postponed.next < postponed.edges.size(); ++postponed.next) {
      const Edge& edge = postponed.edges[postponed.next];
      if (out_.depth[edge.src] != depth) break;
      Take(edge, postponed.named[postponed.next] != 0);
    }
  }

  void Take(const Edge& edge, bool named) {
    if (named) {
      Reach(edge.dst, edge.src);
    } else if (Unreached(edge.dst)) {
      nameless_.push_back(edge);
    }
  }

  // Fetches what the next objects of the level will ask for.
  void PrefetchNear(const Column<ObjectId>& level, size_t i) const {
    constexpr size_t kObject = 16;
    constexpr size_t kRow = 8;
    constexpr size_t kTargets = 4;
    constexpr uint32_t kMaxTargets = 8;
    const EdgeRows& rows = heap_.edges;
    if (i + kObject < level.size()) {
      const ObjectId id = level[i + kObject];
      __builtin_prefetch(rows.begin.data() + id);
      __builtin_prefetch(&heap_.class_of[id]);
    }
    if (i + kRow < level.size()) {
      const uint32_t begin = rows.begin[level[i + kRow]];
      __builtin_prefetch(rows.dst.data() + begin);
      __builtin_prefetch(rows.kind.data() + begin);
    }
    if (i + kTargets < level.size()) {
      const ObjectId id = level[i + kTargets];
      const uint32_t begin = rows.begin[id];
      const uint32_t end = std::min(rows.begin[id + 1], begin + kMaxTargets);
      for (uint32_t e = begin; e < end; ++e) {
        __builtin_prefetch(&out_.tier[rows.dst[e]]);
      }
    }
  }

  void Expand(ObjectId id) {
    const EdgeRows& rows = heap_.edges;
    for (uint32_t e = rows.begin[id]; e < rows.begin[id + 1]; ++e) {
      if (Unreached(rows.dst[e])) {
        See({id, rows.dst[e]}, IsNamed(rows.kind[e]), tiers_.Of(id, e));
      }
    }
    const ObjectId klass = heap_.class_of[id];
    if (klass != 0 && Unreached(klass)) {
      See({id, klass}, false, tiers_.OfClass(id));
    }
  }

  void See(const Edge& edge, bool named, uint8_t tier) {
    if (tier <= tier_) {
      Take(edge, named);
    } else {
      Postponed& postponed = postponed_[tier_][tier];
      postponed.edges.push_back(edge);
      postponed.named.push_back(named ? 1 : 0);
    }
  }

  const Heap& heap_;
  const Cancellation& stop_;
  const EdgeTiers tiers_;
  Analysis& out_;
  uint8_t tier_ = 0;
  uint32_t deepest_ = 0;                         // level that was expanded
  Column<ObjectId> found_;                       // the next level
  Column<Edge> nameless_;                        // of this one, for later
  Postponed postponed_[kTierCount][kTierCount];  // [seen in][belongs to]
};

}  // namespace

bool SearchOwners(const Heap& heap, const Cancellation& stop,
                  Analysis* analysis) {
  return OwnerSearch(heap, stop, analysis).Run();
}

}  // namespace heapq
