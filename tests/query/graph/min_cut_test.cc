#include "query/graph/min_cut.h"

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query/graph/heap_graph_view.h"
#include "tests/support/row_heap.h"

namespace heapq {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MATCHER_P3(AreReferences, holder, held, count, "") {
  return arg.holder == static_cast<uint32_t>(holder) &&
         arg.held == static_cast<uint32_t>(held) &&
         arg.count == static_cast<uint32_t>(count);
}

// The arcs of a way from the roots to `target` over what is not passing,
// without `cut`; none: there is no way, or the target is 0.
std::vector<References> Way(const HeapGraphView& view, uint32_t target,
                            const std::vector<References>& cut,
                            bool fixed_only) {
  std::map<uint32_t, References> from = {{0, References()}};
  std::deque<uint32_t> queue = {0};
  while (!queue.empty()) {
    const uint32_t id = queue.front();
    queue.pop_front();
    for (uint32_t held = 1; held < view.arcs().size(); ++held) {
      const auto found = view.arcs()[held].find(id);
      if (found == view.arcs()[held].end()) continue;
      const GraphView::Arc& arc = found->second;
      uint32_t cuttable = fixed_only ? 0 : arc.cuttable;
      for (const References& gone : cut) {
        if (gone.holder == id && gone.held == held) cuttable = 0;
      }
      if (arc.fixed + cuttable == 0) continue;
      const uint32_t count = arc.fixed > 0 ? ~0u : cuttable;
      if (from.try_emplace(held, References{id, held, count}).second) {
        queue.push_back(held);
      }
    }
  }
  std::vector<References> way;
  if (from.count(target) == 0) return way;
  for (uint32_t id = target; id != 0; id = from[id].holder) {
    way.push_back(from[id]);
  }
  return way;
}

// Whether cutting less than `size` references besides `cut` frees `target`:
// one on each way must go, so it tries each one of a way.
bool HasSmallerCut(const HeapGraphView& view, uint32_t target, uint32_t size,
                   std::vector<References>* cut) {
  const std::vector<References> way = Way(view, target, *cut, false);
  if (way.empty()) return true;
  for (const References& references : way) {
    if (references.count >= size) continue;
    cut->push_back(references);
    if (HasSmallerCut(view, target, size - references.count, cut)) return true;
    cut->pop_back();
  }
  return false;
}

TEST(Cut, IsSmallestAndFreesTheObject) {
  int of_size[4] = {};
  int fixed = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const Heap& heap = rows.heap;
    const auto analysis = Analyze(heap);
    ASSERT_TRUE(analysis.ok());
    HeapGraphView view(heap, *analysis);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n"
                                    << Describe(heap));
    for (uint32_t target = 1; target <= heap.last_id(); ++target) {
      if (analysis->tier[target] == Analysis::kUnreachable) continue;
      SCOPED_TRACE(target);
      const auto cut = FindCut(&view, target, CutOptions());
      ASSERT_TRUE(cut.ok());
      if (!Way(view, target, {}, true).empty()) {
        ++fixed;
        EXPECT_EQ(Cut::kFixed, cut->outcome);
        ASSERT_FALSE(cut->path.empty());
        EXPECT_EQ(target, cut->path.back());
        uint32_t holder = 0;
        for (const uint32_t id : cut->path) {
          EXPECT_GT(view.Between(holder, id)->fixed, 0u);
          holder = id;
        }
        continue;
      }
      ASSERT_EQ(Cut::kFound, cut->outcome);
      uint32_t size = 0;
      for (const References& references : cut->references) {
        const GraphView::Arc arc =
            *view.Between(references.holder, references.held);
        EXPECT_EQ(0u, arc.fixed);
        EXPECT_EQ(arc.cuttable, references.count);
        size += references.count;
      }
      ++of_size[std::min(size, 3u)];
      EXPECT_TRUE(Way(view, target, cut->references, false).empty());
      std::vector<References> smaller;
      EXPECT_FALSE(size > 0 && HasSmallerCut(view, target, size, &smaller));
    }
    if (HasFailure()) return;
  }
  // The heaps are worth it.
  EXPECT_GT(fixed, 10);
  for (const int count : of_size) EXPECT_GT(count, 10);
}

TEST(Cut, NamesTheReferencesNearestToTheObject) {
  // $a -> 1 -@x-> 3 -@z-> 4, $b -> 2 -@y-> 3
  RowHeap rows(4);
  rows.Root(1, "globals", false, "$a").Root(2, "globals", false, "$b");
  rows.Edge(1, 3).Edge(2, 3).Edge(3, 4);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  EXPECT_THAT(FindCut(&view, 4, CutOptions())->references,
              ElementsAre(AreReferences(3, 4, 1)));
  EXPECT_THAT(FindCut(&view, 3, CutOptions())->references,
              ElementsAre(AreReferences(1, 3, 1), AreReferences(2, 3, 1)));
  EXPECT_THAT(FindCut(&view, 1, CutOptions())->references,
              ElementsAre(AreReferences(0, 1, 1)));
}

TEST(Cut, TakesFlowBack) {
  // The shortest path 1-2-3-4 blocks both of the two disjoint ones.
  RowHeap rows(8);
  rows.Root(1, "vm").Root(1, "globals");
  rows.Edge(1, 2).Edge(2, 3).Edge(3, 4);
  rows.Edge(1, 5).Edge(5, 6).Edge(6, 3);
  rows.Edge(2, 7).Edge(7, 8).Edge(8, 4);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  EXPECT_THAT(FindCut(&view, 4, CutOptions())->references,
              ElementsAre(AreReferences(3, 4, 1), AreReferences(8, 4, 1)));
}

TEST(Cut, WhatPassesByItselfNeedsNoCut) {
  RowHeap rows(2);
  rows.Root(1, "machine_context").Edge(1, 2);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  const auto cut = FindCut(&view, 2, CutOptions());
  EXPECT_EQ(Cut::kFound, cut->outcome);
  EXPECT_THAT(cut->references, IsEmpty());
}

TEST(Cut, StopsAtItsBounds) {
  RowHeap rows(102);
  for (uint32_t id = 1; id <= 100; ++id) {
    rows.Root(id, "globals", false, "$a").Edge(id, 101, EdgeKind::kPart, "a");
    rows.heap.type[id] = ObjectType::kData;  // its parts can't be cut
  }
  rows.heap.type[101] = ObjectType::kData;
  rows.Edge(101, 102, EdgeKind::kPart, "a");
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  CutOptions options;
  EXPECT_EQ(100u, FindCut(&view, 102, options)->references.size());
  options.most_references = 99;
  EXPECT_EQ(Cut::kTooMany, FindCut(&view, 102, options)->outcome);
  options.most_references = 100;
  options.most_visited = 50;
  EXPECT_EQ(Cut::kGaveUp, FindCut(&view, 102, options)->outcome);
}

}  // namespace
}  // namespace heapq
