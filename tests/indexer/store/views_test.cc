#include <string>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class ViewsTest : public StoreFixture {
 protected:
  std::string Edge(const std::string& view, const TestObject& src,
                   const TestObject& dst) const {
    std::string found;
    for (const std::string& row :
         Rows("SELECT kind, label FROM " + view + " WHERE src = " + IdOf(src) +
              " AND dst = " + IdOf(dst))) {
      found += row + " ";
    }
    return found;
  }
};

TEST_F(ViewsTest, ObjectsByNames) {
  HeapBuilder heap;
  auto& user = heap.Class("User");
  auto& singleton = heap.Add("T_CLASS").Flag("singleton").Super(user);
  auto& bob = heap.Object(singleton).Size(48).At("app.rb", 7);
  heap.Root("vm", bob);
  auto& proc = heap.Data("proc");
  Write(heap);
  const auto describe = [this](const TestObject& object) {
    return Value(
        "SELECT address, type, class, kind, name, size, retained, "
        "depth, file, line FROM v_objects WHERE id = " +
        IdOf(object));
  };
  // Class pointers of the builder's objects are edges as well: Bob retains
  // his classes.
  EXPECT_EQ("0x1050|T_OBJECT|User|NULL|NULL|48|128|1|app.rb|7", describe(bob));
  EXPECT_EQ("0x1000|T_CLASS|NULL|NULL|User|40|40|3|NULL|NULL", describe(user));
  EXPECT_EQ("0x1078|T_DATA|NULL|proc|NULL|40|NULL|NULL|NULL|NULL",
            describe(proc));
}

TEST_F(ViewsTest, LabelsOfEveryKindFromBothEnds) {
  HeapBuilder heap;
  auto& user = heap.Class("User");
  auto& key = heap.String("the key");
  auto& odd_key = heap.Object(user);
  auto& value = heap.Object(user);
  auto& other = heap.Array();
  auto& third = heap.Array();
  auto& list = heap.Array().Element("1").Element(value);
  auto& hash = heap.Hash();
  hash.Pair(key, value).Pair(":sym", other).Pair(odd_key, third);
  auto& bob = heap.Object(user).Ivar("@list", list);
  bob.To(hash);
  user.Const("DEFAULT", bob);
  Write(heap);
  for (const char* view : {"v_edges", "v_referrers"}) {
    SCOPED_TRACE(view);
    EXPECT_EQ("index|1 ", Edge(view, list, value));
    EXPECT_EQ("hash_key|0 ", Edge(view, hash, key));
    EXPECT_EQ("hash_value|the key ", Edge(view, hash, value));
    EXPECT_EQ("hash_value|:sym ", Edge(view, hash, other));
    EXPECT_EQ("hash_value|#" + IdOf(odd_key) + " ", Edge(view, hash, third));
    EXPECT_EQ("ivar|@list ", Edge(view, bob, list));
    EXPECT_EQ("ref|NULL ", Edge(view, bob, hash));
    EXPECT_EQ("class|NULL ", Edge(view, bob, user));
    EXPECT_EQ("const|DEFAULT ", Edge(view, user, bob));
  }
  EXPECT_EQ(Value("SELECT value FROM meta WHERE key = 'edges'"),
            Value("SELECT count(*) FROM v_edges"));
  EXPECT_EQ(Rows("SELECT src, n, dst, kind, label FROM v_edges ORDER BY 1, 2"),
            Rows("SELECT src, n, dst, kind, label FROM v_referrers ORDER BY "
                 "1, 2"));
}

TEST_F(ViewsTest, WeakEdgesAndFields) {
  HeapBuilder heap;
  auto& target = heap.Array();
  auto& bob = heap.Object(heap.Class("User")).Ivar("@age", "42");
  bob.Ivar("@name", TestValue::Nil()).WeakTo(target);
  Write(heap);
  EXPECT_EQ("ref|NULL ", Edge("v_weak_edges", bob, target));
  EXPECT_EQ("", Edge("v_edges", bob, target));
  EXPECT_EQ((Strings{"ivar|@age|42", "ivar|@name|nil"}),
            Rows("SELECT kind, label, value FROM v_fields WHERE src = " +
                 IdOf(bob) + " ORDER BY n"));
}

TEST_F(ViewsTest, RootsClassesRetainersClosures) {
  HeapBuilder heap;
  auto& user = heap.Class("User").Size(100);
  auto& bob = heap.Object(user).Size(40);
  auto& start = heap.Iseq("start", "app.rb", 12).Size(600);
  auto& env = heap.Imemo("VM/env").Part("iseq", start).Size(64);
  heap.Global("$bob", bob);
  heap.Root("vm", env);
  heap.WeakRoot("finalizers", user);
  Write(heap);
  EXPECT_EQ((Strings{"finalizers|NULL|1|T_CLASS|NULL|100",
                     "globals|$bob|0|T_OBJECT|User|140",
                     "vm|NULL|0|T_IMEMO|NULL|664"}),
            Rows("SELECT category, name, weak, type, class, retained FROM "
                 "v_roots ORDER BY 1"));
  EXPECT_EQ((Strings{"User|1|40|140"}),
            Rows("SELECT name, count, size, retained FROM v_classes"));
  EXPECT_EQ((Strings{"1|VM/env|664", "2|iseq|600", "3|NULL|140", "4|NULL|100"}),
            Rows("SELECT rank, kind, retained FROM v_top_retainers"));
  EXPECT_EQ((Strings{"start|app.rb|12|664"}),
            Rows("SELECT label, file, line, retained FROM v_closures"));
}

}  // namespace
}  // namespace heapq
