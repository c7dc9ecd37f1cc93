#include "indexer/graph/analysis.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "indexer/graph/dominator_walk.h"
#include "indexer/graph/dominators.h"
#include "indexer/graph/edge_tier.h"
#include "indexer/graph/owner_search.h"
#include "indexer/heap/heap.h"
#include "tests/support/row_heap.h"

namespace heapq {
namespace {

Analysis AnalyzeOk(const Heap& heap) {
  auto analysis = Analyze(heap);
  EXPECT_TRUE(analysis.ok()) << analysis.status();
  return *std::move(analysis);
}

TEST(Dominators, EqualWhatRemovingEachObjectShows) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const Heap& heap = rows.heap;
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n"
                                    << Describe(heap));
    const Analysis analysis = AnalyzeOk(heap);
    const std::set<ObjectId> reachable = ReachableWithout(heap, 0);

    uint64_t total = 0;
    for (const ObjectId id : reachable) total += heap.size[id];
    EXPECT_EQ(total, analysis.reachable_size);
    EXPECT_EQ(total, analysis.retained[0]);
    EXPECT_EQ(static_cast<uint64_t>(std::count_if(
                  reachable.begin(), reachable.end(),
                  [&heap](ObjectId id) { return id <= heap.object_count; })),
              analysis.reachable_count);
    // d dominates v when v is lost with d; the nearest such d is the one
    // that all the others dominate too, so it has the most dominators.
    std::vector<std::set<ObjectId>> lost_with(size_t{heap.last_id()} + 1);
    for (const ObjectId d : reachable) {
      const std::set<ObjectId> rest = ReachableWithout(heap, d);
      uint64_t retained = 0;
      for (const ObjectId v : reachable) {
        if (rest.count(v) != 0) continue;
        retained += heap.size[v];
        if (v != d) lost_with[v].insert(d);
      }
      EXPECT_EQ(retained, analysis.retained[d]) << "object " << d;
    }
    for (const ObjectId v : reachable) {
      ObjectId nearest = 0;
      for (const ObjectId d : lost_with[v]) {
        if (nearest == 0 || lost_with[d].size() > lost_with[nearest].size()) {
          nearest = d;
        }
      }
      EXPECT_EQ(nearest, analysis.idom[v]) << "object " << v;
    }
    if (HasFailure()) return;
  }
}

// Each stage by itself, over more objects than lie between two questions.
TEST(Analyze, StopsWhenItIsTold) {
  constexpr uint32_t kObjects = 2 * kCancellationInterval;
  RowHeap rows(kObjects);
  rows.Root(1);
  for (ObjectId id = 2; id <= kObjects; ++id) rows.Edge(id / 2, id);
  const Heap& heap = rows.Finish();
  StopFlag stop;
  Analysis analysis;
  EXPECT_TRUE(ComputeDominators(heap, stop, &analysis));
  EXPECT_TRUE(SearchOwners(heap, stop, &analysis));
  const auto ignore = [](ObjectId) {};
  EXPECT_TRUE(WalkDominatorTree(heap, analysis, stop, ignore, ignore, ignore));
  stop.Request();
  EXPECT_FALSE(WalkDominatorTree(heap, analysis, stop, ignore, ignore, ignore));
  EXPECT_FALSE(ComputeDominators(heap, stop, &analysis));
  EXPECT_FALSE(SearchOwners(heap, stop, &analysis));
  EXPECT_TRUE(absl::IsCancelled(Analyze(heap, stop).status()));
}

// One hop more than the nearest holder whose path and edge are good enough.
uint32_t FewestHops(const Heap& heap, const EdgeTiers& tiers,
                    const Analysis& analysis, ObjectId id) {
  const uint8_t tier = analysis.tier[id];
  uint32_t hops = ~0u;
  for (const RootEntry& root : heap.roots) {
    if (!root.weak && root.dst == id && RootTier(root.category) <= tier) {
      return 1;
    }
  }
  for (ObjectId src = 1; src <= heap.last_id(); ++src) {
    if (analysis.tier[src] > tier) continue;
    const uint32_t here = analysis.depth[src] + 1;
    for (uint32_t e = heap.edges.begin[src]; e < heap.edges.begin[src + 1];
         ++e) {
      if (heap.edges.dst[e] == id && tiers.Of(src, e) <= tier) {
        hops = std::min(hops, here);
      }
    }
    if (heap.class_of[src] == id && tiers.OfClass(src) <= tier) {
      hops = std::min(hops, here);
    }
  }
  return hops;
}

// Best (tier, hops) by relaxing until nothing changes.
TEST(OwnerSearch, FindsTheBestTierAndInItTheFewestHops) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const Heap& heap = rows.heap;
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n"
                                    << Describe(heap));
    const Analysis analysis = AnalyzeOk(heap);
    const EdgeTiers tiers(heap);
    const size_t size = size_t{heap.last_id()} + 1;
    // For each worst tier allowed: hops, or none.
    constexpr uint32_t kNone = 1u << 30;
    std::vector<std::vector<uint32_t>> hops(kTierCount,
                                            std::vector<uint32_t>(size, kNone));
    for (uint8_t tier = 0; tier < kTierCount; ++tier) {
      for (const RootEntry& root : heap.roots) {
        if (!root.weak && RootTier(root.category) <= tier) {
          hops[tier][root.dst] = 1;
        }
      }
      for (size_t round = 0; round < size; ++round) {
        for (ObjectId id = 1; id <= heap.last_id(); ++id) {
          const auto relax = [&](ObjectId dst, uint8_t edge_tier) {
            if (hops[tier][id] != kNone && edge_tier <= tier) {
              hops[tier][dst] = std::min(hops[tier][dst], hops[tier][id] + 1);
            }
          };
          for (uint32_t e = heap.edges.begin[id]; e < heap.edges.begin[id + 1];
               ++e) {
            relax(heap.edges.dst[e], tiers.Of(id, e));
          }
          if (heap.class_of[id] != 0) {
            relax(heap.class_of[id], tiers.OfClass(id));
          }
        }
      }
    }
    for (ObjectId id = 1; id <= heap.last_id(); ++id) {
      uint8_t best = Analysis::kUnreachable;
      for (uint8_t tier = kTierCount; tier-- > 0;) {
        if (hops[tier][id] != kNone) best = tier;
      }
      EXPECT_EQ(best, analysis.tier[id]) << "object " << id;
      if (best == Analysis::kUnreachable) continue;
      // A parent found in a better tier may lie deeper than the plain
      // shortest path of this tier would allow, never less deep.
      EXPECT_GE(analysis.depth[id], hops[best][id]) << "object " << id;
      if (best == 0) {
        EXPECT_EQ(hops[0][id], analysis.depth[id]) << "object " << id;
      }
      EXPECT_EQ(FewestHops(heap, tiers, analysis, id), analysis.depth[id])
          << "object " << id;
      const ObjectId parent = analysis.parent[id];
      EXPECT_EQ(analysis.depth[parent] + 1, analysis.depth[id]);
      EXPECT_LE(analysis.tier[parent], analysis.tier[id]);
      if (parent == 0) continue;
      bool edge = heap.class_of[parent] == id;
      for (uint32_t e = heap.edges.begin[parent];
           e < heap.edges.begin[parent + 1]; ++e) {
        edge |= heap.edges.dst[e] == id;
      }
      EXPECT_TRUE(edge) << parent << " does not hold " << id;
    }
    if (HasFailure()) return;
  }
}

TEST(OwnerSearch, PathsThatAreShortNeedNoJumps) {
  for (const uint32_t length :
       {Analysis::kDepthWithJump - 1, Analysis::kDepthWithJump}) {
    RowHeap rows(length);
    rows.Root(1);
    for (ObjectId id = 1; id < length; ++id) rows.Edge(id, id + 1);
    EXPECT_EQ(length < Analysis::kDepthWithJump,
              AnalyzeOk(rows.Finish()).jump.empty());
  }
}

TEST(OwnerSearch, JumpsAreAncestorsAtTheSkewBinaryDistance) {
  constexpr uint32_t kLength = 100000;
  RowHeap rows(kLength);
  rows.Root(1);
  for (ObjectId id = 1; id < kLength; ++id) rows.Edge(id, id + 1);
  const Analysis analysis = AnalyzeOk(rows.Finish());
  for (const uint32_t target : {1u, 2u, 77u, 65536u, 99999u}) {
    ObjectId id = kLength;
    int steps = 0;
    while (analysis.depth[id] > target) {
      const bool deep = analysis.depth[id] >= Analysis::kDepthWithJump;
      id = deep && analysis.depth[analysis.jump[id]] >= target
               ? analysis.jump[id]
               : analysis.parent[id];
      ++steps;
    }
    EXPECT_EQ(target, id);
    EXPECT_LT(steps, 60 + static_cast<int>(Analysis::kDepthWithJump));
  }
}

TEST(OwnerSearch, PrefersWhatPeopleWroteToWhatRubyKeeps) {
  // 1 is held by a class's method table two hops from the root, and by an
  // ivar chain of five: people look for the chain.
  RowHeap rows(8);
  rows.heap.type[2] = ObjectType::kClass;
  rows.Root(2).Edge(2, 1, EdgeKind::kMethod);
  rows.Root(3, "globals");
  rows.Edge(3, 4).Edge(4, 5).Edge(5, 6).Edge(6, 1);
  // 7 is on the machine stack and in an array that a class edge leads to.
  rows.Root(7, "machine_context");
  rows.heap.class_of[6] = 8;
  rows.Edge(8, 7, EdgeKind::kConst);
  const Analysis analysis = AnalyzeOk(rows.Finish());
  EXPECT_EQ(6u, analysis.parent[1]);
  EXPECT_EQ(kWritten, analysis.tier[1]);
  EXPECT_EQ(8u, analysis.parent[7]);
  EXPECT_EQ(kStructure, analysis.tier[7]);
}

TEST(Analyze, TakesChainsOfAMillionObjects) {
  constexpr uint32_t kLength = 1000000;
  RowHeap rows(kLength);
  rows.Root(kLength);
  for (ObjectId id = kLength; id > 1; --id) rows.Edge(id, id - 1);
  const Analysis analysis = AnalyzeOk(rows.Finish());
  EXPECT_EQ(kLength, analysis.depth[1]);
  EXPECT_EQ(kLength, analysis.retained[kLength]);
  EXPECT_EQ(2u, analysis.idom[1]);
}

TEST(Analyze, TakesAnEmptyHeapAndOneWithoutRoots) {
  RowHeap none(0);
  EXPECT_EQ(0u, AnalyzeOk(none.Finish()).reachable_count);
  RowHeap island(3);
  island.Edge(1, 2).Edge(2, 1);
  const Analysis analysis = AnalyzeOk(island.Finish());
  EXPECT_EQ(0u, analysis.reachable_count);
  EXPECT_EQ(Analysis::kUnreachable, analysis.tier[1]);
}

TEST(Analyze, WeakRootsKeepNothingAlive) {
  RowHeap rows(1);
  rows.Root(1, "finalizers", true);
  EXPECT_EQ(Analysis::kUnreachable, AnalyzeOk(rows.Finish()).tier[1]);
}

}  // namespace
}  // namespace heapq
