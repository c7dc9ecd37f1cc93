#include "query/waste/waste.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class WasteTest : public StoreFixture {
 protected:
  Waste Find(const HeapBuilder& heap, size_t limit = 100) {
    Write(heap);
    return Ask(limit);
  }
  Waste Ask(size_t limit = 100) {
    auto db = HeapDb::Open(path_);
    EXPECT_THAT(db, IsOk());
    auto waste = FindWaste(db->get(), limit);
    EXPECT_THAT(waste, IsOk());
    return *std::move(waste);
  }
  // "count bytes" of a kind, "" if there is none of it.
  static std::string Of(const Waste& waste, const std::string& kind) {
    for (const WasteKind& each : waste.kinds) {
      if (each.name == kind) return absl::StrCat(each.count, " ", each.bytes);
    }
    return "";
  }
  static std::string Owner(const Waste& waste, const std::string& kind) {
    std::string owners;
    for (const WasteHolder& owner : waste.owners) {
      if (owner.kind == kind) absl::StrAppend(&owners, owner.name, " ");
    }
    return owners;
  }
};

TEST_F(WasteTest, CopiesOfATextByContentOrHash) {
  HeapBuilder heap;
  auto& user = heap.Class("User");
  auto& bob = heap.Object(user);
  heap.Global("$bob", bob);
  auto& tags = heap.Array();
  bob.Ivar("@tags", tags);
  tags.Element(heap.String("the same").Size(40));
  tags.Element(heap.String("the same").Size(50));
  tags.Element(heap.String("the same").Size(60).Flag("fstring").Flag("frozen"));
  tags.Element(heap.String("the same").Size(70).Flag("frozen"));
  tags.Element(heap.String("another").Size(80));
  for (int i = 0; i < 2; ++i) {
    tags.Element(heap.String("")
                     .Size(100)
                     .Flag("truncated")
                     .Property("hash", "6c0ffee"));
  }
  tags.Element(heap.String("").Size(100).Flag("truncated"));
  const Waste waste = Find(heap);
  EXPECT_EQ("3 190", Of(waste, "duplicate strings"));
  EXPECT_EQ("1 70", Of(waste, "identical frozen strings"));
  ASSERT_EQ(2U, waste.strings.size());
  EXPECT_EQ("the same", waste.strings[0].value);
  EXPECT_EQ(4U, waste.strings[0].copies);
  EXPECT_EQ("6c0ffee", waste.strings[1].value);
  EXPECT_EQ("User#@tags ", Owner(waste, "duplicate strings"));
}

TEST_F(WasteTest, CollectionsThatHoldLittle) {
  HeapBuilder heap;
  auto& shop = heap.Class("Shop");
  heap.Root("vm", shop);
  const auto keep = [&](const char* name, TestObject& object) -> TestObject& {
    shop.Const(name, object);
    return object;
  };
  const uint64_t array = heap.Class("Array");
  const uint64_t hash = heap.Class("Hash");
  keep("EMPTY", heap.Add("T_HASH", hash).Size(168));
  keep("ONE", heap.Add("T_ARRAY", array).Size(104)).Element("1");
  auto& sparse = keep("SPARSE", heap.Add("T_ARRAY", array).Size(840));
  for (int i = 0; i < 100; ++i) {
    sparse.Element(i < 3 ? TestValue("1") : TestValue::Nil());
  }
  auto& full = keep("FULL", heap.Add("T_ARRAY", array).Size(840));
  for (int i = 0; i < 100; ++i) full.Element("1");
  auto& room = keep("ROOM", heap.Add("T_ARRAY", array).Size(840));
  for (int i = 0; i < 10; ++i) room.Element("1");
  auto& shrunk = keep("SHRUNK", heap.Add("T_HASH", hash).Size(40000));
  auto& grown = keep("GROWN", heap.Add("T_HASH", hash).Size(640));
  for (int i = 0; i < 10; ++i) {
    shrunk.Pair(TestValue(absl::StrCat(":k", i).c_str()), "1");
    grown.Pair(TestValue(absl::StrCat(":k", i).c_str()), "1");
  }
  keep("TEXT", heap.String("short").Size(1040));
  keep("NUMBER", heap.Add("T_FLOAT").Size(40));
  const Waste waste = Find(heap);
  EXPECT_EQ("1 168", Of(waste, "empty collections"));
  EXPECT_EQ("1 64", Of(waste, "collections of one element"));
  EXPECT_EQ("Shop::SHRUNK Shop::SPARSE ", Owner(waste, "sparse collections"));
  EXPECT_EQ("Shop::TEXT Shop::ROOM ", Owner(waste, "unused capacity"));
  EXPECT_EQ("1 40", Of(waste, "boxed numbers"));
  uint64_t sum = 0;
  for (const WasteKind& kind : waste.kinds) sum += kind.bytes;
  EXPECT_EQ(sum, waste.bytes);
}

// ObjectSpace leaves immediates out, but tells how many elements there are.
TEST_F(WasteTest, CollectionsOfADumpByObjectSpace) {
  HeapBuilder heap;
  const uint64_t array = heap.Class("Array");
  const uint64_t hash = heap.Class("Hash");
  const auto keep = [&](TestObject& object) -> TestObject& {
    heap.Root("vm", object);
    return object;
  };
  keep(heap.Add("T_HASH", hash).Size(168));
  keep(heap.Add("T_ARRAY", array).Size(104)).Element("1");
  auto& full = keep(heap.Add("T_ARRAY", array).Size(840));
  for (int i = 0; i < 100; ++i) full.Element("1");
  auto& room = keep(heap.Add("T_ARRAY", array).Size(840));
  for (int i = 0; i < 10; ++i) room.Element("1");
  auto& objects = keep(heap.Add("T_ARRAY", array).Size(120));
  for (int i = 0; i < 10; ++i) objects.Element(heap.Object(array));
  auto& shrunk = keep(heap.Add("T_HASH", hash).Size(40000));
  for (int i = 0; i < 10; ++i) {
    shrunk.Pair(TestValue(absl::StrCat(":k", i).c_str()), "1");
  }
  WriteDump(heap.DumpAll());
  const Waste waste = Ask();
  EXPECT_EQ("1 168", Of(waste, "empty collections"));
  EXPECT_EQ("1 64", Of(waste, "collections of one element"));
  EXPECT_EQ("1 720", Of(waste, "unused capacity"));
  EXPECT_EQ(0U, Of(waste, "sparse collections").find("1 "));
  EXPECT_EQ("100", Value("SELECT value FROM fields WHERE src = " + IdOf(full)));
  EXPECT_EQ("0",
            Value("SELECT count(*) FROM fields WHERE src = " + IdOf(objects)));
}

// Two short strings share a buffer of 96,000 bytes that nothing else holds.
TEST_F(WasteTest, LargeStringsKeptByShortParts) {
  HeapBuilder heap;
  auto& list = heap.Array();
  auto& headline = heap.Class("Headline");
  heap.Global("$news", list);
  const auto share = [&](TestObject& root, const std::string& text) {
    auto& part = heap.String(text).Part("shared_root", root);
    list.Element(heap.Object(headline).Ivar("@text", part));
  };
  auto& body = heap.String(std::string(96000, 'a')).Size(96041).Flag("frozen");
  share(body, std::string(60, 'b'));
  share(body, std::string(40, 'c'));
  // More than half of it is used.
  auto& used = heap.String(std::string(1000, 'd')).Size(1041).Flag("frozen");
  share(used, std::string(600, 'e'));
  // Something else needs all of it.
  auto& held = heap.String(std::string(5000, 'f')).Size(5041).Flag("frozen");
  share(held, std::string(50, 'g'));
  list.Element(held);
  // The length of the part is not known.
  auto& unknown = heap.String(std::string(3000, 'h')).Size(3041).Flag("frozen");
  auto& part = heap.String("").Flag("truncated").Part("shared_root", unknown);
  list.Element(heap.Object(headline).Ivar("@text", part));
  // A dump that has only the length of the part.
  auto& body2 = heap.String(std::string(900, 'i')).Size(941).Flag("frozen");
  list.Element(
      heap.Object(headline).Ivar("@text", heap.String("j")
                                              .Flag("truncated")
                                              .Number("length", 100)
                                              .Part("shared_root", body2)));
  const Waste waste = Find(heap);
  EXPECT_EQ(absl::StrCat("2 ", 96001 - 100 + 901 - 100),
            Of(waste, "large strings kept by short parts"));
  EXPECT_EQ("Headline#@text ",
            Owner(waste, "large strings kept by short parts"));
  EXPECT_EQ("", Of(waste, "unused capacity"));
}

// ObjectSpace.dump_all has neither text nor length of a shared string.
TEST_F(WasteTest, SaysThatLengthsAreMissing) {
  HeapBuilder heap;
  auto& news = heap.Object(heap.Class("Headline"));
  heap.Root("vm", news);
  auto& body = heap.String(std::string(9000, 'a')).Size(9041).Flag("frozen");
  news.To(heap.Add("T_STRING").Flag("shared").To(body));
  WriteDump(heap.DumpAll());
  const Waste waste = Ask();
  EXPECT_EQ("", Of(waste, "large strings kept by short parts"));
  ASSERT_EQ(2U, waste.notes.size());
  EXPECT_NE(std::string::npos, waste.notes[1].find("share a buffer"));
}

TEST_F(WasteTest, IsKeptInTheFile) {
  HeapBuilder heap;
  auto& list = heap.Array();
  heap.Global("$list", list);
  for (int i = 0; i < 40; ++i) list.Element(heap.String(absl::StrCat(i / 2)));
  const Waste first = Find(heap, 5);
  EXPECT_EQ(5U, first.strings.size());
  EXPECT_EQ("20", Value("SELECT count(*) FROM waste_strings"));
  EXPECT_EQ(absl::StrCat(first.bytes), Value("SELECT sum(bytes) FROM waste"));
  EXPECT_EQ("ok", Value("PRAGMA integrity_check"));
  // From now on it is the kept answer that is given.
  EXPECT_EQ(20U, Ask().strings.size());
  EXPECT_EQ(first.bytes, Ask().bytes);
}

}  // namespace
}  // namespace heapq
