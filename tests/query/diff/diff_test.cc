#include "query/diff/diff.h"

#include <algorithm>
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
  int files_ = 0;

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
      WriteDump(dumps[i], {}, absl::StrCat(++files_, ".db"));
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
  EXPECT_TRUE(diff.added.empty() && diff.growth.empty());
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
  ASSERT_EQ(1U, diff.growth.size());
  const Growth& growth = *diff.growth[0].growth;
  EXPECT_EQ(6U, growth.count);
  EXPECT_EQ(600U, growth.bytes);
  EXPECT_EQ(2U, growth.steps);
  EXPECT_EQ("grew twice, 3 a dump, by 300 bytes a dump", GrowthVerdict(growth));
  EXPECT_EQ(
      "Likely a leak: Session in $list grew twice, 3 a dump, by 300 bytes a "
      "dump, to 10 with 1.0 kB",
      diff.verdict);
}

TEST_F(DiffTest, GrowthOnceIsPossibleAndSaysSo) {
  const HeapDiff diff = Compare({Heap(4), Heap(8), Heap(8)});
  ASSERT_EQ(1U, diff.growth.size());
  EXPECT_EQ("grew once, by 4 (400 bytes)",
            GrowthVerdict(*diff.growth[0].growth));
  EXPECT_EQ(SuspectLevel::kPossible, diff.growth[0].level);
  EXPECT_TRUE(Compare({Heap(8), Heap(4)}).growth.empty());
}

// Sessions of 50 users are one masked path, one row, and one rate.
TEST_F(DiffTest, EqualPathsAreOneRow) {
  const auto dump = [](int each, const char* time) {
    HeapBuilder heap;
    auto& user = heap.Class("User");
    auto& visit = heap.Class("Visit");
    auto& users = heap.Array();
    heap.Global("$users", users);
    for (int i = 0; i < 50; ++i) {
      auto& visits = heap.Array();
      users.Element(heap.Object(user).Ivar("@visits", visits));
      for (int k = 0; k < each; ++k) visits.Element(heap.Object(visit));
    }
    return absl::StrReplaceAll(
        heap.Format2(),
        {{"\"version\":2,",
          absl::StrCat("\"version\":2,", "\"time\":\"", time, "\",")}});
  };
  const HeapDiff diff = Compare(
      {dump(4, "2026-11-23T03:00:00Z"), dump(10, "2026-11-23T03:10:00Z")});
  ASSERT_EQ(1U, diff.growth.size());
  EXPECT_EQ("Visit", diff.growth[0].held_class);
  EXPECT_EQ("User @visits", diff.growth[0].holder);
  EXPECT_EQ("grew by 300 (12.0 kB) (30 and 1.2 kB a minute)",
            GrowthVerdict(*diff.growth[0].growth));
}

// The array keeps its size while another grows: it is a suspect of the first
// heap alone, and nothing of it went.
TEST_F(DiffTest, ASuspectBelowTheThresholdDidNotGo) {
  const auto dump = [](int other) {
    HeapBuilder heap;
    auto& session = heap.Class("Session");
    auto& event = heap.Class("Event");
    auto& list = heap.Array();
    auto& events = heap.Array();
    heap.Global("$list", list);
    heap.Global("$events", events);
    for (int i = 0; i < 100; ++i) {
      list.Element(heap.Object(session).Size(100));
    }
    for (int i = 0; i < other; ++i) {
      events.Element(heap.Object(event).Size(100));
    }
    return heap.Format2();
  };
  const std::vector<std::string> dumps = {dump(0), dump(30000)};
  const HeapDiff diff = Compare(dumps);
  for (const DiffRow& row : diff.suspects) EXPECT_LT(0, row.Growth().retained);
  const HeapDiff back = Compare({dumps[1], dumps[0]});
  ASSERT_FALSE(back.suspects.empty());
  EXPECT_LT(back.suspects[0].Growth().retained, -2900000);
  EXPECT_EQ(1U, back.suspects.size());
}

// Requests that are freed and made anew at the same addresses between dumps,
// untraced, and a leak among them.
TEST_F(DiffTest, ReusedAddressesDidNotComeAndStay) {
  const auto dump = [](int round, int leaked) {
    HeapBuilder heap;
    auto& request = heap.Class("Request");
    auto& leak = heap.Class("Leak");
    auto& requests = heap.Array();
    auto& leaks = heap.Array();
    heap.Global("$requests", requests);
    heap.Global("$leaks", leaks);
    for (int i = 0; i < 1000; ++i) heap.Root("vm", heap.Array());
    std::vector<TestObject*> made;
    for (int i = 0; i < 50; ++i) {
      // The first dump has something else in this place.
      auto& object = round == 0 ? heap.Array() : heap.Object(request);
      if (round != 0) requests.Element(object);
      made.push_back(&object);
    }
    for (int i = 0; i < 50; ++i) {
      auto& text = heap.String(absl::StrCat("request ", round * 50 + i));
      if (round != 0) made[static_cast<size_t>(i)]->Ivar("@text", text);
    }
    auto& name = heap.String("leak");
    for (int i = 0; i < leaked; ++i) {
      auto& object = heap.Object(leak).Size(200).Ivar("@name", name);
      leaks.Element(object);
    }
    return heap.Format2();
  };
  const HeapDiff diff = Compare({dump(0, 0), dump(1, 30), dump(2, 60)});
  ASSERT_EQ(1U, diff.added.size());
  EXPECT_EQ("Leak", diff.added[0].class_name);
  EXPECT_EQ(30U, diff.added[0].count);
  EXPECT_EQ(50U, diff.reused_count);
  ASSERT_EQ(1U, diff.notes.size());
  EXPECT_THAT(diff.notes[0], HasSubstr("compared by address, type and class"));
  EXPECT_THAT(diff.verdict, HasSubstr("Leak in $leaks grew twice, 30 a dump"));
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
  const auto grown = std::find_if(
      diff.growth.begin(), diff.growth.end(),
      [](const Suspect& suspect) { return suspect.held_class == "Session"; });
  ASSERT_NE(grown, diff.growth.end());
  EXPECT_EQ(5U, grown->growth->count);
}

TEST_F(DiffTest, ObjectsThatAllMovedAreNoticedWithoutAHeader) {
  const HeapDiff diff = Compare({Heap(40), Heap(40, 1)});
  EXPECT_TRUE(diff.compacted);
  EXPECT_THAT(diff.notes.at(0), HasSubstr("objects are where they were"));
  EXPECT_EQ(0U, diff.added_count);
}

}  // namespace
}  // namespace heapq
