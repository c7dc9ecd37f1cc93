#include "query/graph/what_if.h"

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query/graph/heap_graph_view.h"
#include "tests/support/row_heap.h"

namespace heapq {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What the roots reach over arcs and objects that are not dropped.
std::set<uint32_t> Reachable(const HeapGraphView& view, const Drop& drop) {
  std::set<uint32_t> seen;
  std::deque<uint32_t> queue = {0};
  while (!queue.empty()) {
    const uint32_t id = queue.front();
    queue.pop_front();
    for (uint32_t held = 1; held < view.arcs().size(); ++held) {
      const auto arc = view.arcs()[held].find(id);
      if (arc == view.arcs()[held].end()) continue;
      uint32_t left = arc->second.count();
      for (const References& gone : drop.references) {
        if (gone.holder == id && gone.held == held) {
          left -= std::min(left, gone.count);
        }
      }
      bool dropped = left == 0;
      for (const uint32_t object : drop.objects) dropped |= object == held;
      if (!dropped && seen.insert(held).second) queue.push_back(held);
    }
  }
  return seen;
}

TEST(WhatIf, EqualsSearchingAgain) {
  for (unsigned seed = 1; seed <= 600; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const Heap& heap = rows.heap;
    const auto analysis = Analyze(heap);
    ASSERT_TRUE(analysis.ok());
    HeapGraphView view(heap, *analysis);
    std::mt19937 random(seed);
    Drop drop;
    std::string dropped;
    const uint32_t objects = random() % 3;
    for (uint32_t i = 0; i < objects; ++i) {
      drop.objects.push_back(1 + random() % heap.last_id());
      dropped += " " + std::to_string(drop.objects.back());
    }
    for (uint32_t held = 1; held <= heap.last_id(); ++held) {
      for (const auto& [holder, arc] : view.arcs()[held]) {
        if (random() % 8 != 0) continue;
        const uint32_t count = 1 + random() % arc.count();
        drop.references.push_back({holder, held, count});
        dropped += " " + std::to_string(holder) + "->" + std::to_string(held) +
                   "/" + std::to_string(count);
      }
    }
    SCOPED_TRACE(testing::Message()
                 << "seed " << seed << " drops" << dropped << "\n"
                 << Describe(heap));
    std::set<uint32_t> expected = Reachable(view, Drop());
    for (const uint32_t id : Reachable(view, drop)) expected.erase(id);
    uint64_t size = 0;
    uint64_t count = 0;
    for (const uint32_t id : expected) {
      size += heap.size[id];
      if (id <= heap.object_count) ++count;
    }
    const auto result = FindWhatIf(&view, drop);
    ASSERT_TRUE(result.ok());
    EXPECT_THAT(result->ids, testing::ElementsAreArray(expected));
    EXPECT_EQ(size, result->size);
    EXPECT_EQ(count, result->objects);
    if (HasFailure()) return;
  }
}

TEST(WhatIf, CountsWhatTwoDropsShareOnce) {
  // 1 and 2 together hold 3, and 3 holds 4.
  RowHeap rows(5);
  rows.Root(1).Root(2).Root(5);
  rows.Edge(1, 3).Edge(2, 3).Edge(3, 4);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  Drop one;
  one.objects = {1};
  EXPECT_THAT(FindWhatIf(&view, one)->ids, ElementsAre(1));
  Drop both;
  both.objects = {1, 2};
  const auto result = FindWhatIf(&view, both);
  EXPECT_THAT(result->ids, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(4u, result->size);
  EXPECT_THAT(FindWhatIf(&view, Drop())->ids, IsEmpty());
}

TEST(WhatIf, OneOfTwoReferencesIsNotEnough) {
  RowHeap rows(2);
  rows.Root(1).Edge(1, 2, EdgeKind::kIvar, "@a");
  rows.Edge(1, 2, EdgeKind::kIvar, "@b");
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  Drop drop;
  drop.references = {{1, 2, 1}};
  EXPECT_THAT(FindWhatIf(&view, drop)->ids, IsEmpty());
  drop.references.push_back({1, 2, 1});
  EXPECT_THAT(FindWhatIf(&view, drop)->ids, ElementsAre(2));
}

}  // namespace
}  // namespace heapq
