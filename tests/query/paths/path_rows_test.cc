#include "query/paths/path_rows.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class PathRowsTest : public StoreFixture {
 protected:
  // The best path to an object, whole: "label" or "3 × label" for each row.
  Strings Labels(const HeapBuilder& heap, const TestObject& object, Hops hops,
                 size_t most_rows = 41) {
    WriteDump(heap.Format2(), {}, absl::StrCat(++files_, ".db"));
    auto db = HeapDb::Open(path_);
    EXPECT_THAT(db, IsOk());
    const auto id = (*db)->IdAt(object);
    EXPECT_THAT(id, IsOk());
    WhyAliveOptions options;
    options.all_hops = true;
    const auto why = Retention(db->get()).Why(*id, options);
    EXPECT_THAT(why, IsOk());
    const RetentionPath& path = why->paths.front();
    Strings labels;
    uint64_t sum = 0;
    for (const PathRow& row : RowsOf(path, hops, most_rows)) {
      sum += row.hops + row.omitted_before;
      if (row.omitted_before > 0) {
        labels.push_back(absl::StrCat("… ", row.omitted_before));
      }
      labels.push_back(row.times == 1
                           ? row.label
                           : absl::StrCat(row.times, " × ", row.label));
      last_ = row.step->object.address;
    }
    EXPECT_EQ(path.length, sum);
    return labels;
  }

  int files_ = 0;
  uint64_t last_ = 0;  // the address that the last row leads to
};

TEST_F(PathRowsTest, AChainIsOneRow) {
  HeapBuilder heap;
  auto& node = heap.Class("Node");
  TestObject* at = &heap.Object(node);
  heap.Global("$head", *at);
  for (int i = 0; i < 140; ++i) {
    auto& next = heap.Object(node);
    at->Ivar("@next", next);
    at = &next;
  }
  auto& value = heap.Object(heap.Class("Value"));
  at->Ivar("@value", value);
  EXPECT_EQ((Strings{"$head", "140 × Node#@next", "Node#@value"}),
            Labels(heap, value, Hops::kFolded));
  EXPECT_EQ(uint64_t{value}, last_);
  EXPECT_EQ(142U, Labels(heap, value, Hops::kEach).size());
}

// Hops that take turns, and indexes that differ, are a chain as well.
TEST_F(PathRowsTest, AChainOfSeveralHops) {
  HeapBuilder heap;
  auto& node = heap.Class("Node");
  TestObject* at = &heap.Object(node);
  heap.Global("$tree", *at);
  for (int i = 0; i < 5; ++i) {
    auto& children = heap.Array();
    at->Ivar("@children", children);
    for (int other = 0; other < i; ++other) children.Element("1");
    at = &heap.Object(node);
    children.Element(*at);
  }
  EXPECT_EQ((Strings{"$tree", "5 × Node#@children → [*]"}),
            Labels(heap, *at, Hops::kFolded));
}

TEST_F(PathRowsTest, TwoAlikeAreNoChain) {
  HeapBuilder heap;
  auto& node = heap.Class("Node");
  auto& first = heap.Object(node);
  auto& second = heap.Object(node);
  auto& third = heap.Object(node);
  heap.Global("$head", first);
  first.Ivar("@next", second);
  second.Ivar("@next", third);
  EXPECT_EQ((Strings{"$head", "Node#@next", "Node#@next"}),
            Labels(heap, third, Hops::kFolded));
}

TEST_F(PathRowsTest, TheMiddleOfALongPathIsLeftOut) {
  HeapBuilder heap;
  TestObject* at = &heap.Object(heap.Class("C0"));
  heap.Global("$head", *at);
  for (int i = 1; i <= 20; ++i) {
    auto& next = heap.Object(heap.Class(absl::StrCat("C", i)));
    at->Ivar("@next", next);
    at = &next;
  }
  EXPECT_EQ((Strings{"$head", "C0#@next", "… 17", "C18#@next", "C19#@next"}),
            Labels(heap, *at, Hops::kFolded, 4));
}

TEST_F(PathRowsTest, HoldersAreNamedInADumpByObjectSpace) {
  HeapBuilder heap;
  auto& session = heap.Object(heap.Class("Session"));
  auto& user = heap.Object(heap.Class("User"));
  heap.Root("vm", session);
  session.To(user);
  WriteDump(heap.DumpAll());
  auto db = HeapDb::Open(path_);
  ASSERT_THAT(db, IsOk());
  const auto why =
      Retention(db->get()).Why(*(*db)->IdAt(user), WhyAliveOptions());
  ASSERT_THAT(why, IsOk());
  EXPECT_EQ("an instance variable of Session",
            RowsOf(why->paths.front(), Hops::kFolded).back().label);
}

}  // namespace
}  // namespace heapq
