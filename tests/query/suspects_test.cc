#include "query/suspects.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class SuspectsTest : public StoreFixture {
 protected:
  std::vector<Suspect> Find(const HeapBuilder& heap, double share = 0.1) {
    WriteDump(heap.Format2(), {}, absl::StrCat(++files_, ".db"));
    auto db = HeapDb::Open(path_);
    EXPECT_THAT(db, IsOk());
    auto suspects = FindSuspects(db->get(), share);
    EXPECT_THAT(suspects, IsOk());
    return *std::move(suspects);
  }

  int files_ = 0;

  // A hash of strings that a constant's instance variable holds; `before`
  // objects in front of it move everything else to other addresses.
  static void Plant(HeapBuilder* heap, int before, int entries,
                    const std::string& key) {
    for (int i = 0; i < before; ++i) heap->Root("vm", heap->Array());
    auto& cache_class = heap->Class("Cache");
    auto& cache = heap->Object(cache_class);
    auto& hash_class = heap->Class("Hash");
    heap->Root("vm", hash_class);
    auto& map = heap->Add("T_HASH", hash_class).Size(1000);
    cache_class.Const("INSTANCE", cache);
    heap->Root("vm", cache_class);
    cache.Ivar("@map", map);
    for (int i = 0; i < entries; ++i) {
      map.Pair(heap->String(absl::StrCat(key, i)),
               heap->String(std::string(100, 'x')).Size(141));
    }
  }
};

TEST_F(SuspectsTest, AThreadsOwnStackIsNobodysLeak) {
  for (const char* kind : {"VM/thread", "thread", "fiber"}) {
    HeapBuilder heap;
    auto& klass = heap.Class("Thread");
    auto& array = heap.Class("Array");
    heap.Root("vm", klass);
    heap.Root("vm", array);
    auto& thread = heap.Data(kind, klass).Size(1 << 20);
    auto& group = heap.Data("thgroup", klass);  // alone holds it, as it may be
    group.To(thread);
    heap.Root("vm", group);
    EXPECT_EQ(0u, Find(heap).size()) << kind;
    // What it keeps besides may be.
    thread.To(heap.Add("T_ARRAY", array).Size(1 << 20));
    const std::vector<Suspect> suspects = Find(heap);
    ASSERT_EQ(1u, suspects.size()) << kind;
    EXPECT_EQ("Array", suspects[0].object.class_name) << kind;
  }
}

TEST_F(SuspectsTest, GoesDownToWhereItSpreadsPastClassesAndHiddenTables) {
  HeapBuilder heap;
  // A class that an object keeps keeps a hidden table, and that the strings.
  auto& owner = heap.Object(heap.Class("Owner"));
  auto& made = heap.Class("");
  auto& table = heap.Imemo("memo");
  auto& array = heap.Class("Array");
  heap.Root("vm", array);
  auto& list = heap.Add("T_ARRAY", array).Size(800);
  heap.Global("$owner", owner);
  owner.Ivar("@made", made);
  made.To(table);
  table.To(list);
  for (int i = 0; i < 100; ++i) list.Element(heap.String("x").Size(100));
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_EQ(1U, suspects.size());
  EXPECT_EQ(ObjectType::kArray, suspects[0].object.type);
  EXPECT_EQ(10800U, suspects[0].retained);
  EXPECT_EQ(100U, suspects[0].filling.total);
}

TEST_F(SuspectsTest, StopsAtTheHolderOfFurnitureThatSpreads) {
  HeapBuilder heap;
  auto& owner = heap.Object(heap.Class("Owner"));
  auto& made = heap.Class("Made");
  heap.Global("$owner", owner);
  owner.Ivar("@made", made);
  for (int i = 0; i < 100; ++i) {
    made.Const(absl::StrCat("C", i), heap.String("x").Size(100));
  }
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_EQ(1U, suspects.size());
  EXPECT_EQ("Owner", suspects[0].object.class_name);
}

TEST_F(SuspectsTest, ManyOfOneClassAreOneSuspect) {
  HeapBuilder heap;
  auto& session = heap.Class("Session");
  auto& first = heap.Array();
  auto& second = heap.Array();
  heap.Global("$first", first);
  heap.Global("$second", second);
  for (int i = 0; i < 50; ++i) {
    auto& object = heap.Object(session).Size(100);
    first.Element(object);  // held twice: dominated by the roots
    second.Element(object);
  }
  const std::vector<Suspect> suspects = Find(heap, 0.5);
  ASSERT_EQ(1U, suspects.size());
  EXPECT_EQ("Session", suspects[0].class_name);
  EXPECT_EQ(50U, suspects[0].count);
  EXPECT_EQ(5000U, suspects[0].retained);
}

TEST_F(SuspectsTest, FingerprintsDependOnCodeAlone) {
  HeapBuilder one;
  Plant(&one, 0, 50, "user:");
  HeapBuilder other;  // elsewhere, of another size, with other data
  Plant(&other, 17, 90, "item ");
  const std::vector<Suspect> a = Find(one);
  const std::vector<Suspect> b = Find(other);
  ASSERT_EQ(1U, a.size());
  ASSERT_EQ(1U, b.size());
  EXPECT_NE(a[0].object.address, b[0].object.address);
  EXPECT_EQ(a[0].fingerprint, b[0].fingerprint);
  EXPECT_EQ(
      (std::vector<std::string>{"\"user:0\"", "\"user:1\"", "\"user:2\""}),
      a[0].filling.keys);
  HeapBuilder renamed;
  renamed.Class("Cache2");
  auto& cache = renamed.Object(renamed.Class("Cache"));
  auto& map = renamed.Add("T_HASH", renamed.Class("Hash")).Size(20000);
  renamed.Global("$cache", cache);
  cache.Ivar("@map", map);
  const std::vector<Suspect> c = Find(renamed);
  ASSERT_EQ(1U, c.size());
  EXPECT_NE(a[0].fingerprint, c[0].fingerprint);
}

}  // namespace
}  // namespace heapq
