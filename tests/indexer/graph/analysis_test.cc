#include "indexer/graph/analysis.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "indexer/graph/edge_tier.h"
#include "indexer/heap/heap.h"

namespace heapq {
namespace {

// A heap made of rows, without a dump around it.
class RowHeap {
 public:
  // Objects 1…objects, then ghosts.
  explicit RowHeap(uint32_t objects, uint32_t ghosts = 0)
      : edges_(size_t{objects} + ghosts + 1) {
    heap.object_count = objects;
    heap.ghost_count = ghosts;
    const size_t size = size_t{objects} + ghosts + 1;
    heap.type.resize(size);
    heap.kind.resize(size);
    heap.class_of.resize(size);
    heap.size.resize(size);
    for (uint32_t id = 1; id <= objects; ++id) {
      heap.type[id] = ObjectType::kObject;
      heap.size[id] = 1;
    }
  }
  RowHeap& Edge(ObjectId src, ObjectId dst, EdgeKind kind = EdgeKind::kIvar) {
    edges_[src].emplace_back(dst, kind);
    return *this;
  }
  RowHeap& Root(ObjectId dst, const char* category = "vm", bool weak = false) {
    heap.roots.push_back({category, "", dst, weak});
    return *this;
  }
  Heap& Finish() {
    EdgeRows& rows = heap.edges;
    rows.begin.resize(edges_.size());
    rows.end.resize(edges_.size());
    for (size_t id = 0; id < edges_.size(); ++id) {
      rows.begin[id] = static_cast<uint32_t>(rows.dst.size());
      for (const auto& [dst, kind] : edges_[id]) {
        rows.dst.push_back(dst);
        rows.kind.push_back(kind);
        rows.label.push_back(0);
      }
      rows.end[id] = static_cast<uint32_t>(rows.dst.size());
    }
    rows.count = rows.dst.size();
    return heap;
  }

  Heap heap;

 private:
  std::vector<std::vector<std::pair<ObjectId, EdgeKind>>> edges_;
};

Analysis AnalyzeOk(const Heap& heap) {
  auto analysis = Analyze(heap);
  EXPECT_TRUE(analysis.ok()) << analysis.status();
  return *std::move(analysis);
}

// What the roots reach when `removed` is not there. 0: nothing is removed.
std::set<ObjectId> ReachableWithout(const Heap& heap, ObjectId removed) {
  std::set<ObjectId> seen;
  std::deque<ObjectId> queue;
  const auto visit = [&](ObjectId id) {
    if (id != removed && seen.insert(id).second) queue.push_back(id);
  };
  for (const RootEntry& root : heap.roots) {
    if (!root.weak) visit(root.dst);
  }
  while (!queue.empty()) {
    const ObjectId id = queue.front();
    queue.pop_front();
    for (uint32_t e = heap.edges.begin[id]; e < heap.edges.end[id]; ++e) {
      visit(heap.edges.dst[e]);
    }
    if (heap.class_of[id] != 0) visit(heap.class_of[id]);
  }
  return seen;
}

std::string Describe(const Heap& heap) {
  std::string text;
  for (const RootEntry& root : heap.roots) {
    text += "root " + root.category + " -> " + std::to_string(root.dst) + "\n";
  }
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    text += std::to_string(id) + " (class " +
            std::to_string(heap.class_of[id]) + "):";
    for (uint32_t e = heap.edges.begin[id]; e < heap.edges.end[id]; ++e) {
      text += " " + std::to_string(heap.edges.dst[e]) + "/" +
              std::to_string(static_cast<int>(heap.edges.kind[e]));
    }
    text += "\n";
  }
  return text;
}

// Some dozens of objects with cycles, self references, doubled edges, class
// edges, ghosts and islands.
RowHeap RandomHeap(unsigned seed) {
  std::mt19937 random(seed);
  const auto objects = static_cast<uint32_t>(1 + random() % 40);
  const auto ghosts = static_cast<uint32_t>(random() % 4);
  RowHeap rows(objects, ghosts);
  const uint32_t all = objects + ghosts;
  const auto pick = [&] { return static_cast<ObjectId>(1 + random() % all); };
  const uint32_t edges = random() % (3 * objects + 1);
  const EdgeKind kinds[] = {EdgeKind::kIvar, EdgeKind::kRef, EdgeKind::kMethod,
                            EdgeKind::kPart, EdgeKind::kIndex};
  for (uint32_t i = 0; i < edges; ++i) {
    const auto src = static_cast<ObjectId>(1 + random() % objects);
    const ObjectId dst = pick();
    const EdgeKind kind = kinds[random() % 5];
    rows.Edge(src, dst, kind);
    if (random() % 8 == 0) rows.Edge(src, dst, kind);
  }
  for (ObjectId id = 1; id <= objects; ++id) {
    rows.heap.size[id] = random() % 100;
    if (random() % 3 == 0) rows.heap.class_of[id] = pick();
    if (random() % 6 == 0) rows.heap.type[id] = ObjectType::kClass;
  }
  const char* categories[] = {"vm", "globals", "machine_context"};
  const uint32_t roots = random() % 4;
  for (uint32_t i = 0; i < roots; ++i) {
    rows.Root(pick(), categories[random() % 3], random() % 5 == 0);
  }
  rows.Finish();
  return rows;
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
          const auto relax = [&](ObjectId dst, EdgeKind kind) {
            if (hops[tier][id] != kNone && tiers.Of(id, kind, dst) <= tier) {
              hops[tier][dst] = std::min(hops[tier][dst], hops[tier][id] + 1);
            }
          };
          for (uint32_t e = heap.edges.begin[id]; e < heap.edges.end[id]; ++e) {
            relax(heap.edges.dst[e], heap.edges.kind[e]);
          }
          if (heap.class_of[id] != 0)
            relax(heap.class_of[id], EdgeKind::kClass);
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
      const ObjectId parent = analysis.parent[id];
      EXPECT_EQ(analysis.depth[parent] + 1, analysis.depth[id]);
      EXPECT_LE(analysis.tier[parent], analysis.tier[id]);
      if (parent == 0) continue;
      bool edge = heap.class_of[parent] == id;
      for (uint32_t e = heap.edges.begin[parent]; e < heap.edges.end[parent];
           ++e) {
        edge |= heap.edges.dst[e] == id;
      }
      EXPECT_TRUE(edge) << parent << " does not hold " << id;
    }
    if (HasFailure()) return;
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
      id = analysis.depth[analysis.jump[id]] >= target ? analysis.jump[id]
                                                       : analysis.parent[id];
      ++steps;
    }
    EXPECT_EQ(target, id);
    EXPECT_LT(steps, 60);
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
