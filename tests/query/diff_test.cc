#include "query/diff.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

using testing::HasSubstr;

class DiffTest : public StoreFixture {
 protected:
  // `sessions` in a global list, after `shift` objects that move them.
  static std::string Heap(int sessions, int shift = 0) {
    HeapBuilder heap;
    auto& session = heap.Class("Session");
    for (int i = 0; i < shift; ++i) heap.Root("vm", heap.Array());
    auto& list = heap.Array();
    heap.Global("$list", list);
    for (int i = 0; i < sessions; ++i) {
      auto& object = heap.Object(session).Size(100).At("app.rb", 7);
      object.Number("generation", 10 + i);
      list.Element(object);
    }
    return heap.Format2();
  }
  // The header's GC numbers.
  static std::string Gc(const std::string& dump, int count, int compactions) {
    return absl::StrReplaceAll(
        dump, {{"\"version\":2,",
                absl::StrCat("\"version\":2,\"pid\":1,\"gc\":{\"count\":",
                             count, ",\"compactions\":", compactions, "},")}});
  }
  HeapDiff Compare(const std::vector<std::string>& dumps) {
    std::vector<std::unique_ptr<HeapDb>> owned;
    std::vector<HeapDb*> heaps;
    for (size_t i = 0; i < dumps.size(); ++i) {
      WriteDump(dumps[i], {}, absl::StrCat(i, ".db"));
      auto db = HeapDb::Open(path_);
      EXPECT_THAT(db, IsOk());
      heaps.push_back(db->get());
      owned.push_back(*std::move(db));
    }
    auto diff = Diff(heaps, 0.05);
    EXPECT_THAT(diff, IsOk());
    return *std::move(diff);
  }
};

TEST_F(DiffTest, OfAHeapAndItselfIsEmpty) {
  const HeapDiff diff = Compare({Heap(9), Heap(9)});
  EXPECT_TRUE(diff.classes.empty() && diff.namespaces.empty() &&
              diff.sites.empty() && diff.gems.empty() && diff.suspects.empty());
  EXPECT_TRUE(diff.added.empty() && diff.growth_points.empty());
  EXPECT_EQ(0U, diff.added_count + diff.removed_count);
  EXPECT_FALSE(diff.compacted);
}

TEST_F(DiffTest, GrowthAndRateOverThreeHeaps) {
  const HeapDiff diff = Compare({Heap(4), Heap(8), Heap(10)});
  ASSERT_EQ(1U, diff.classes.size());
  EXPECT_EQ("Session", diff.classes[0].name);
  EXPECT_EQ((Amount{6, 600, 600}), diff.classes[0].Growth());
  EXPECT_EQ((Amount{3, 300, 300}), diff.classes[0].PerDump());
  ASSERT_EQ(1U, diff.sites.size());
  EXPECT_EQ("app.rb:7", diff.sites[0].name);
  EXPECT_EQ((Amount{6, 600, 600}), diff.sites[0].Growth());
  ASSERT_EQ(1U, diff.gems.size());
  EXPECT_EQ("(application)", diff.gems[0].name);
  EXPECT_EQ(4U, diff.added_count);  // between the first two, and stayed
  ASSERT_EQ(1U, diff.growth_points.size());
  EXPECT_EQ(4U, diff.growth_points[0].count);
}

// Each heap's objects come from a thread of its own, block by block.
TEST_F(DiffTest, ThreadsReadAheadInHeapsOfManyBlocks) {
  const HeapDiff diff = Compare({Heap(20000), Heap(40000)});
  EXPECT_EQ(20000U, diff.added_count);
  ASSERT_EQ(1U, diff.classes.size());
  EXPECT_EQ((Amount{20000, 2000000, 2000000}), diff.classes[0].Growth());
}

TEST_F(DiffTest, CompactionInTheHeaderLeavesGenerationsToTellWhatIsNew) {
  const HeapDiff diff = Compare({Gc(Heap(4), 14, 0), Gc(Heap(9, 100), 20, 1)});
  EXPECT_TRUE(diff.compacted);
  ASSERT_EQ(1U, diff.notes.size());
  EXPECT_THAT(diff.notes[0], HasSubstr("compacted between the dumps (0 times "
                                       "before, 1 after)"));
  EXPECT_EQ((Amount{5, 500, 500}), diff.classes[0].Growth());
  ASSERT_EQ(1U, diff.added.size());
  EXPECT_EQ("Session", diff.added[0].class_name);
  EXPECT_EQ(5U, diff.added[0].count);
  ASSERT_EQ(1U, diff.growth_points.size());
  EXPECT_EQ(5U, diff.growth_points[0].count);
}

TEST_F(DiffTest, ObjectsThatAllMovedAreNoticedWithoutAHeader) {
  const HeapDiff diff = Compare({Heap(40), Heap(40, 1)});
  EXPECT_TRUE(diff.compacted);
  EXPECT_THAT(diff.notes.at(0), HasSubstr("objects are where they were"));
  EXPECT_EQ(0U, diff.added_count);
}

}  // namespace
}  // namespace heapq
