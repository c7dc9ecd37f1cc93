#include "query/graph/merged_paths.h"

#include <random>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/query/graph/heap_graph_view.h"
#include "tests/support/row_heap.h"

namespace heapq {
namespace {

absl::StatusOr<uint64_t> AllAlike(uint32_t, uint32_t) { return 0; }
absl::StatusOr<uint64_t> NoneAlike(uint32_t, uint32_t id) { return id; }

// Sums that hold for any heap, targets and likeness.
TEST(MergedPaths, SumUp) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RowHeap rows = RandomHeap(seed);
    const Heap& heap = rows.heap;
    const auto analysis = Analyze(heap);
    ASSERT_TRUE(analysis.ok());
    HeapGraphView view(heap, *analysis);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n"
                                    << Describe(heap));
    std::mt19937 random(seed);
    std::vector<uint32_t> targets;
    std::set<uint32_t> reachable;
    uint64_t size = 0;
    for (uint32_t id = 1; id <= heap.last_id(); ++id) {
      if (random() % 3 != 0) continue;
      targets.push_back(id);
      if (analysis->tier[id] == Analysis::kUnreachable) continue;
      reachable.insert(id);
      size += heap.size[id];
    }
    // Together they retain what none of them but themselves dominates.
    uint64_t retained = 0;
    for (const uint32_t id : reachable) {
      uint32_t up = analysis->idom[id];
      while (up != 0 && reachable.count(up) == 0) up = analysis->idom[up];
      if (up == 0) retained += analysis->retained[id];
    }
    MergeOptions options;
    options.most_children = 1000;
    options.most_depth = 1000;
    for (int likeness = 0; likeness < 3; ++likeness) {
      const auto merged = MergePaths(
          &view, targets,
          [&](uint32_t holder, uint32_t id) -> absl::StatusOr<uint64_t> {
            if (likeness == 0) return AllAlike(holder, id);
            if (likeness == 1) return NoneAlike(holder, id);
            return id % 3;
          },
          options);
      ASSERT_TRUE(merged.ok());
      EXPECT_EQ(reachable.size(), merged->targets);
      EXPECT_EQ(targets.size() - reachable.size(), merged->unreachable);
      EXPECT_EQ(size, merged->size);
      EXPECT_EQ(retained, merged->retained);
      EXPECT_EQ(0u, merged->left_out);
      // A hop is what ends there and what its children are.
      std::vector<MergedHop> open;
      MergedHop top;
      top.targets = merged->targets;
      const auto close = [&open](uint32_t depth) {
        while (open.size() > depth) {
          EXPECT_EQ(open.back().ending, open.back().targets);
          open.pop_back();
        }
      };
      open.push_back(top);
      std::multiset<uint64_t> ends;
      for (const MergedHop& hop : merged->hops) {
        EXPECT_EQ(0u, hop.left_out);
        close(hop.depth);
        ASSERT_EQ(hop.depth, open.size());
        EXPECT_GE(open.back().targets, hop.targets);
        open.back().targets -= hop.targets;
        EXPECT_EQ(hop.depth, analysis->depth[hop.sample]);
        EXPECT_EQ(hop.holder, analysis->parent[hop.sample]);
        open.push_back(hop);
      }
      close(0);
      if (likeness == 1) {
        for (const MergedHop& hop : merged->hops) {
          EXPECT_EQ(1u, hop.objects);
          EXPECT_EQ(reachable.count(hop.sample), hop.ending);
        }
      }
    }
    if (HasFailure()) return;
  }
}

TEST(MergedPaths, LikeObjectsFallTogether) {
  // 1 is a list of the sessions 2…4; each has a user, 5…7.
  RowHeap rows(7);
  rows.Root(1);
  for (uint32_t i = 2; i <= 4; ++i) rows.Edge(1, i).Edge(i, i + 3);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  const auto merged = MergePaths(&view, {5, 6, 7}, AllAlike, MergeOptions());
  ASSERT_TRUE(merged.ok());
  ASSERT_EQ(3u, merged->hops.size());
  EXPECT_EQ(1u, merged->hops[0].objects);
  EXPECT_EQ(3u, merged->hops[1].objects);
  EXPECT_EQ(2u, merged->hops[1].sample);
  EXPECT_EQ(0u, merged->hops[1].ending);
  EXPECT_EQ(3u, merged->hops[2].ending);
  EXPECT_EQ(3u, merged->hops[2].retained);

  MergeOptions few;
  few.most_children = 2;
  const auto apart = MergePaths(&view, {5, 6, 7}, NoneAlike, few);
  ASSERT_EQ(5u, apart->hops.size());
  EXPECT_EQ(1u, apart->hops[0].left_out);
}

// The largest of many roots that each hold little are kept.
TEST(MergedPaths, KeepsTheLargestRoots) {
  constexpr uint32_t kRoots = 50;
  RowHeap rows(kRoots + 1);
  for (uint32_t id = 1; id <= kRoots; ++id) rows.Root(id);
  rows.Edge(7, kRoots + 1);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  std::vector<uint32_t> targets;
  for (uint32_t id = 1; id <= kRoots + 1; ++id) targets.push_back(id);
  MergeOptions options;
  options.least_targets = 10;
  options.least_roots = 3;
  const auto merged = MergePaths(&view, targets, NoneAlike, options);
  ASSERT_TRUE(merged.ok());
  ASSERT_EQ(3u, merged->hops.size());
  EXPECT_EQ(7u, merged->hops[0].sample);
  EXPECT_EQ(1u, merged->hops[0].left_out);
  EXPECT_EQ(uint64_t{kRoots - 3}, merged->left_out);
}

TEST(MergedPaths, KnowsALabelThatAllShare) {
  RowHeap rows(5);
  rows.Root(1);
  for (uint32_t id = 2; id <= 5; ++id) rows.Edge(1, id);
  const auto analysis = Analyze(rows.Finish());
  HeapGraphView view(rows.heap, *analysis);
  for (const bool share : {true, false}) {
    const auto merged = MergePaths(
        &view, {2, 3, 4, 5},
        [share](uint32_t, uint32_t id) -> absl::StatusOr<HopSignature> {
          return HopSignature(0, share ? 9 : id);
        },
        MergeOptions());
    ASSERT_TRUE(merged.ok());
    ASSERT_EQ(2u, merged->hops.size());
    EXPECT_EQ(4u, merged->hops[1].objects);
    EXPECT_EQ(share, merged->hops[1].one_label);
  }
}

TEST(MergedPaths, TakesALongChainOfTargets) {
  constexpr uint32_t kLength = 200000;
  RowHeap rows(kLength);
  rows.Root(1);
  for (uint32_t id = 1; id < kLength; ++id) rows.Edge(id, id + 1);
  const auto analysis = Analyze(rows.Finish());
  // HeapGraphView is too slow for this many.
  class Chain : public GraphView {
   public:
    explicit Chain(const Analysis& of) : analysis_(of) {}
    absl::StatusOr<Node> At(uint32_t id) override {
      Node node;
      node.tier = 0;
      node.parent = analysis_.parent[id];
      node.idom = analysis_.idom[id];
      node.size = 1;
      node.retained = analysis_.retained[id];
      return node;
    }
    absl::Status Holders(uint32_t, std::vector<Arc>*) override {
      return absl::UnimplementedError("");
    }
    absl::StatusOr<Arc> Between(uint32_t, uint32_t) override {
      return absl::UnimplementedError("");
    }
    absl::Status Held(uint32_t, std::vector<uint32_t>*) override {
      return absl::UnimplementedError("");
    }
    absl::Status Below(
        uint32_t, absl::FunctionRef<void(uint32_t, const Object&)>) override {
      return absl::UnimplementedError("");
    }

   private:
    const Analysis& analysis_;
  };
  Chain chain(*analysis);
  std::vector<uint32_t> targets;
  for (uint32_t id = 1; id <= kLength; ++id) targets.push_back(id);
  const auto merged = MergePaths(&chain, targets, AllAlike, MergeOptions());
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(60u, merged->hops.size());
  EXPECT_EQ(1u, merged->hops.back().left_out);
  EXPECT_EQ(uint64_t{kLength}, merged->retained);
}

}  // namespace
}  // namespace heapq
