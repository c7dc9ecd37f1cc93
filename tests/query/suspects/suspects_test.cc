#include "query/suspects/suspects.h"

#include <memory>
#include <string>
#include <tuple>
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
                    const std::string& key,
                    const std::string& class_name = "Cache") {
    for (int i = 0; i < before; ++i) heap->Root("vm", heap->Array());
    auto& cache_class = heap->Class(class_name);
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

TEST_F(SuspectsTest, AThreadsStackDoesNotCount) {
  for (const char* kind : {"VM/thread", "thread", "fiber"}) {
    HeapBuilder heap;
    auto& klass = heap.Class("Thread");
    auto& array = heap.Class("Array");
    heap.Root("vm", klass);
    heap.Root("vm", array);
    for (int i = 0; i < 20; ++i) {
      heap.Root("vm", heap.Data(kind, klass).Size(1 << 20));
    }
    for (const Suspect& suspect : Find(heap, 0)) {
      EXPECT_NE(SuspectLevel::kLikely, suspect.level) << kind;
      EXPECT_LT(suspect.retained, 30000U) << kind;
    }
  }
}

TEST_F(SuspectsTest, FindsACollectionThatDataFills) {
  HeapBuilder heap;
  Plant(&heap, 0, 300, "user:");
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  const Suspect& first = suspects[0];
  EXPECT_EQ("Cache @map", first.holder);
  EXPECT_EQ(300U, first.count);
  EXPECT_EQ("user:0", first.keys.at(0));
  EXPECT_EQ((std::vector<std::string>{"Cache::INSTANCE Cache", "@map Hash"}),
            first.masked_path);
}

TEST_F(SuspectsTest, AKnownLeakOfALibraryIsNamedWithItsFix) {
  HeapBuilder heap;
  auto& array = heap.Class("Array");
  auto& hash = heap.Class("Hash");
  auto& connection_class = heap.Class("Excon::Connection");
  auto& connection = heap.Object(connection_class);
  auto& sockets = heap.Add("T_HASH", hash).Size(4000);
  for (TestObject* klass : {&array, &hash, &connection_class}) {
    heap.Root("vm", *klass);
  }
  connection_class.Const("DEFAULT", connection);
  connection.Ivar("@_excon_sockets", sockets);
  for (int i = 0; i < 200; ++i) {
    sockets.Pair(heap.Array().Size(100), heap.Array().Size(200));
  }
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(SuspectLevel::kLikely, suspects[0].level);
  EXPECT_NE(std::string::npos,
            suspects[0].sentence.find("known leak of excon, fixed in 1.7.0"))
      << suspects[0].sentence;
  EXPECT_EQ(
      "known leak of excon, fixed in 1.7.0: sockets of ended threads "
      "stay; thread_safe_sockets: false avoids that",
      suspects[0].evidence.at(0).text);
}

TEST_F(SuspectsTest, SymbolsMadeFromDataAreKeysMadeFromData) {
  HeapBuilder heap;
  auto& hash = heap.Class("Hash");
  auto& symbol = heap.Class("Symbol");
  auto& cache = heap.Class("Cache");
  auto& map = heap.Add("T_HASH", hash).Size(4000);
  for (TestObject* klass : {&hash, &symbol, &cache}) heap.Root("vm", *klass);
  cache.Ivar("@map", map);
  for (int i = 0; i < 200; ++i) {
    map.Pair(heap.Add("T_SYMBOL", symbol).Name(absl::StrCat("tenant_", i)),
             heap.String(std::string(100, 'x')).Size(141));
  }
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  bool by_data = false;
  for (const Evidence& evidence : suspects[0].evidence) {
    by_data = by_data || evidence.text == "its keys are made from data";
  }
  EXPECT_TRUE(by_data);
}

TEST_F(SuspectsTest, CollectionsOfAFewElementsInAFewObjectsAreAStructure) {
  // 40 × 40 is a structure, 2 × 1,800 may grow.
  for (const auto& [holders, elements, level] :
       {std::tuple{40, 40, SuspectLevel::kPossible},
        std::tuple{2, 1800, SuspectLevel::kLikely}}) {
    HeapBuilder heap;
    auto& hash = heap.Class("Hash");
    auto& section = heap.Class("Section");
    heap.Root("vm", hash);
    heap.Root("vm", section);
    for (int i = 0; i < holders; ++i) {
      auto& map = heap.Add("T_HASH", hash).Size(400);
      auto& holder = heap.Object(section);
      heap.Root("vm", holder);
      holder.Ivar("@map", map);
      for (int k = 0; k < elements; ++k) {
        map.Pair(heap.String(absl::StrCat("key ", k)).Size(80),
                 heap.String(std::string(100, 'x')).Size(141));
      }
    }
    const std::vector<Suspect> suspects = Find(heap);
    ASSERT_FALSE(suspects.empty());
    EXPECT_EQ(level, suspects[0].level) << holders;
  }
}

TEST_F(SuspectsTest, CombinationsOfFewValuesAreBounded) {
  // Of 20 × 20 symbols; and of symbols and a number that counts up.
  for (const bool bounded : {true, false}) {
    HeapBuilder heap;
    auto& hash = heap.Class("Hash");
    auto& array = heap.Class("Array");
    auto& rates = heap.Class("Rates");
    for (TestObject* klass : {&hash, &array, &rates}) heap.Root("vm", *klass);
    auto& map = heap.Add("T_HASH", hash).Size(4000);
    rates.Ivar("@rates", map);
    for (int i = 0; i < 400; ++i) {
      auto& key = heap.Add("T_ARRAY", array).Size(40);
      const std::string from = absl::StrCat(":a", i % 20);
      const std::string to =
          bounded ? absl::StrCat(":b", i / 20) : absl::StrCat(i);
      key.Element(from.c_str()).Element(to.c_str());
      map.Pair(key, heap.String(std::string(100, 'x')).Size(141));
    }
    const std::vector<Suspect> suspects = Find(heap);
    ASSERT_FALSE(suspects.empty());
    EXPECT_EQ(bounded ? SuspectLevel::kPossible : SuspectLevel::kLikely,
              suspects[0].level);
  }
}

TEST_F(SuspectsTest, SumsWhatEqualPathsHold) {
  HeapBuilder heap;
  auto& array = heap.Class("Array");
  auto& session = heap.Class("Session");
  heap.Root("vm", array);
  heap.Root("vm", session);
  for (int i = 0; i < 12; ++i) {
    auto& list = heap.Add("T_ARRAY", array).Size(400);
    auto& holder = heap.Object(session);
    heap.Root("vm", holder);
    holder.Ivar("@seen", list);
    for (int k = 0; k < 50; ++k) list.Element(heap.String("x").Size(100));
  }
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(600U, suspects[0].count);
  EXPECT_EQ(12 * (400 + 50 * 100U), suspects[0].retained);
}

TEST_F(SuspectsTest, CopiesOfAClassAreLikely) {
  HeapBuilder heap;
  auto& array = heap.Class("Array");
  auto& store = heap.Class("Store");
  auto& list = heap.Add("T_ARRAY", array).Size(400);
  heap.Root("vm", array);
  heap.Root("vm", store);
  store.Const("DATA", list);
  for (int i = 0; i < 60; ++i) {
    list.Element(heap.Object(heap.Class("Cart").Size(1000)));
  }
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(SuspectLevel::kLikely, suspects[0].level);
  EXPECT_EQ(60U, suspects[0].count);
  EXPECT_EQ("Cart", suspects[0].held_class);
}

TEST_F(SuspectsTest, NamesTheLargestWhereNothingLooksLikeALeak) {
  HeapBuilder heap;
  auto& owner = heap.Object(heap.Class("Owner"));
  heap.Global("$owner", owner);
  owner.Ivar("@text", heap.String("x").Size(100000));
  const std::vector<Suspect> suspects = Find(heap);
  ASSERT_FALSE(suspects.empty());
  EXPECT_NE(SuspectLevel::kLikely, suspects[0].level);
  EXPECT_LE(100000U, suspects[0].retained);
}

TEST_F(SuspectsTest, FingerprintsDependOnCodeAlone) {
  HeapBuilder one;
  Plant(&one, 0, 100, "user:");
  HeapBuilder other;  // elsewhere, of another size, with other data
  Plant(&other, 17, 190, "item ");
  const std::vector<Suspect> a = Find(one, 0);
  const std::vector<Suspect> b = Find(other, 0.3);
  ASSERT_FALSE(a.empty());
  ASSERT_FALSE(b.empty());
  EXPECT_NE(a[0].object.address, b[0].object.address);
  EXPECT_EQ(a[0].fingerprint, b[0].fingerprint);
  HeapBuilder renamed;
  Plant(&renamed, 0, 100, "user:", "Cache2");
  const std::vector<Suspect> c = Find(renamed);
  ASSERT_FALSE(c.empty());
  EXPECT_NE(a[0].fingerprint, c[0].fingerprint);
}

}  // namespace
}  // namespace heapq
