#include "query/graph/removal.h"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query/graph/heap_graph_view.h"
#include "tests/support/row_heap.h"

namespace heapq {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The objects that the roots reach without the dropped arcs and objects.
std::set<uint32_t> Reachable(const HeapGraphView& view, const Removal& drop) {
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

std::string Describe(const Removal& drop) {
  std::string text;
  for (const uint32_t id : drop.objects) text += " " + std::to_string(id);
  for (const References& gone : drop.references) {
    text += " " + std::to_string(gone.holder) + "->" +
            std::to_string(gone.held) + "/" + std::to_string(gone.count);
  }
  return text;
}

// Random ones of what refers to `held`, one in `one_in`.
void DropReferences(const HeapGraphView& view, uint32_t held, uint32_t one_in,
                    std::mt19937* random, Removal* drop) {
  for (const auto& [holder, arc] : view.arcs()[held]) {
    if ((*random)() % one_in != 0) continue;
    const uint32_t most = arc.count();
    const auto count = static_cast<uint32_t>(1 + (*random)() % most);
    drop->references.push_back({holder, held, one_in == 1 ? most : count});
  }
}

// By class, or negative type.
using Sums = std::map<int64_t, std::pair<uint64_t, uint64_t>>;

void ExpectWhatASearchFinds(const Heap& heap, HeapGraphView* view,
                            const Removal& drop) {
  std::set<uint32_t> expected = Reachable(*view, Removal());
  for (const uint32_t id : Reachable(*view, drop)) expected.erase(id);
  uint64_t size = 0;
  uint64_t count = 0;
  Sums sums;
  for (const uint32_t id : expected) {
    size += heap.size[id];
    if (id > heap.object_count) continue;
    ++count;
    auto& sum =
        sums[heap.class_of[id] != 0 ? int64_t{heap.class_of[id]}
                                    : -static_cast<int64_t>(heap.type[id])];
    ++sum.first;
    sum.second += heap.size[id];
  }
  const auto result = FindRemovalEffect(view, drop);
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->ids, testing::ElementsAreArray(expected));
  EXPECT_EQ(size, result->size);
  EXPECT_EQ(count, result->objects);
  Sums found;
  for (const RemovalEffect::Sum& sum : result->sums) {
    found[sum.class_id != 0 ? int64_t{sum.class_id}
                            : -static_cast<int64_t>(sum.type)] = {sum.objects,
                                                                  sum.size};
  }
  EXPECT_EQ(sums, found);
}

TEST(RemovalEffect, EqualsSearchingAgain) {
  for (unsigned seed = 1; seed <= 600; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const auto analysis = Analyze(rows.heap);
    ASSERT_TRUE(analysis.ok());
    HeapGraphView view(rows.heap, *analysis);
    std::mt19937 random(seed);
    const auto pick = [&] {
      return static_cast<uint32_t>(1 + random() % rows.heap.last_id());
    };
    // Several things; one object; references to one object, some or all.
    Removal several;
    for (auto i = random() % 3; i > 0; --i) several.objects.push_back(pick());
    for (uint32_t held = 1; held <= rows.heap.last_id(); ++held) {
      DropReferences(view, held, 8, &random, &several);
    }
    Removal object;
    object.objects = {pick()};
    Removal some, all, both;
    DropReferences(view, pick(), 2, &random, &some);
    DropReferences(view, pick(), 1, &random, &all);
    both.objects = {pick()};
    DropReferences(view, both.objects[0], 2, &random, &both);
    for (const Removal& drop : {several, object, some, all, both}) {
      SCOPED_TRACE(testing::Message()
                   << "seed " << seed << " drops" << Describe(drop) << "\n"
                   << Describe(rows.heap));
      ExpectWhatASearchFinds(rows.heap, &view, drop);
      if (HasFailure()) return;
    }
  }
}

TEST(RemovalEffect, CountsWhatTwoDropsShareOnce) {
  // 1 and 2 together hold 3, and 3 holds 4.
  RowHeap rows(5);
  rows.Root(1).Root(2).Root(5);
  rows.Edge(1, 3).Edge(2, 3).Edge(3, 4);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  Removal one;
  one.objects = {1};
  EXPECT_THAT(FindRemovalEffect(&view, one)->ids, ElementsAre(1));
  Removal both;
  both.objects = {1, 2};
  const auto result = FindRemovalEffect(&view, both);
  EXPECT_THAT(result->ids, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(4u, result->size);
  EXPECT_THAT(FindRemovalEffect(&view, Removal())->ids, IsEmpty());
}

TEST(RemovalEffect, OneOfTwoReferencesIsNotEnough) {
  RowHeap rows(2);
  rows.Root(1).Edge(1, 2, EdgeKind::kIvar, "@a");
  rows.Edge(1, 2, EdgeKind::kIvar, "@b");
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  Removal drop;
  drop.references = {{1, 2, 1}};
  EXPECT_THAT(FindRemovalEffect(&view, drop)->ids, IsEmpty());
  drop.references.push_back({1, 2, 1});
  EXPECT_THAT(FindRemovalEffect(&view, drop)->ids, ElementsAre(2));
}

}  // namespace
}  // namespace heapq
