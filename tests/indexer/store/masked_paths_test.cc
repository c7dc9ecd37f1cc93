#include <string>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class MaskedPathsTest : public StoreFixture {
 protected:
  // Writes a dump with a chain of `length` nodes below a global variable.
  void WriteChain(int length) {
    HeapBuilder heap;
    auto& klass = heap.Class("Node");
    heap.Root("vm", klass);
    TestObject* last = &heap.Object(klass).Size(100);
    heap.Global("$list", *last);
    for (int i = 1; i < length; ++i) {
      TestObject& next = heap.Object(klass).Size(100);
      last->Ivar("@next", next);
      last = &next;
    }
    Write(heap);
  }
};

TEST_F(MaskedPathsTest, AListIsTwoPaths) {
  WriteChain(500);
  EXPECT_EQ((Strings{"1|100|50000", "499|49900|49900"}),
            Rows("SELECT count, size, bytes FROM paths WHERE name = 'Node' AND "
                 "what = 0 ORDER BY id"));
  EXPECT_EQ("1", Value("SELECT entries FROM paths WHERE count = 499"));
}

// As random names give. One by one they are too small for a row. A search for
// each of them would take minutes.
TEST_F(MaskedPathsTest, ManyNamesOfWhichNoTwoAreAlikeStayApart) {
  HeapBuilder heap;
  auto& klass = heap.Class("Pool");
  heap.Root("vm", klass);
  auto& pool = heap.Object(klass);
  heap.Global("$pool", pool);
  constexpr int kNames = 20000;
  for (int i = 0; i < kNames; ++i) {
    std::string name = "@1";
    for (int rest = i; rest > 0; rest /= 26) {
      name.push_back(static_cast<char>('a' + rest % 26));
    }
    pool.Ivar(name, heap.Object(klass).Size(2000));
  }
  Write(heap);
  EXPECT_EQ("0", Value("SELECT count(*) FROM paths WHERE label LIKE '@%'"));
}

TEST_F(MaskedPathsTest, IndexesAndKeysAreMasked) {
  HeapBuilder heap;
  auto& array_class = heap.Class("Array");
  auto& list = heap.Add("T_ARRAY", array_class).Size(4000);
  heap.Root("vm", array_class);
  heap.Global("$list", list);
  for (int i = 0; i < 40; ++i) {
    auto& inner = heap.Add("T_ARRAY", array_class).Size(200);
    list.Element(inner);
    for (int k = 0; k < 20; ++k) inner.Element(heap.String("x").Size(60));
  }
  Write(heap);
  EXPECT_EQ((Strings{"1|40|40|1", "40|800|20|40", "800|0|0|0"}),
            Rows("SELECT count, elements, fan, holders FROM paths WHERE what "
                 "<> 2 ORDER BY id"));
  EXPECT_EQ("20", Value("SELECT count(*) FROM path_objects p JOIN paths q ON "
                        "q.id = p.path WHERE q.count = 800"));
}

TEST_F(MaskedPathsTest, BytesAddUpAndANamedClassStartsAPath) {
  HeapBuilder heap;
  auto& klass = heap.Class("Store").Size(3000);
  heap.Global("$store", heap.Object(klass).Size(2000));
  klass.Const("DATA", heap.String("x").Size(5000));
  Write(heap);
  EXPECT_EQ("8000", Value("SELECT bytes FROM paths WHERE hop = 2 AND name = "
                          "'Store' AND parent = 0"));
  EXPECT_EQ(Value("SELECT value FROM meta WHERE key = 'counted_size'"),
            Value("SELECT sum(bytes) FROM paths WHERE parent = 0"));
}

TEST_F(MaskedPathsTest, StacksAndTablesOfTracingDoNotCount) {
  HeapBuilder heap;
  auto& klass = heap.Class("Thread").Size(500);
  heap.Root("vm", klass);
  heap.Root("vm", heap.Data("VM/thread", klass).Size(1 << 20));
  heap.Root(
      "vm",
      heap.Data("ObjectTracing/allocation_info_tracer", klass).Size(1 << 20));
  Write(heap);
  EXPECT_EQ("1500", Value("SELECT value FROM meta WHERE key = 'counted_size'"));
}

}  // namespace
}  // namespace heapq
