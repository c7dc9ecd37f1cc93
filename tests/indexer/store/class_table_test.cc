#include "indexer/store/class_table.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class ClassTableTest : public StoreFixture {
 protected:
  // A singleton class; `klass` is its own class pointer (0: none).
  static TestObject& Singleton(HeapBuilder* heap, uint64_t klass = 0) {
    return heap->Add("T_CLASS", klass).Flag("singleton");
  }
  std::string NameOf(const TestObject& object) const {
    return Value("SELECT name FROM classes WHERE id = " + IdOf(object));
  }
  std::string RealOf(const TestObject& object) const {
    return Value(
        "SELECT c.name FROM classes r JOIN classes c ON c.id = "
        "r.\"real\" WHERE r.id = " +
        IdOf(object));
  }
};

TEST_F(ClassTableTest, SuperclassesSkipIncludedModules) {
  HeapBuilder heap;
  auto& object = heap.Class("Object");
  auto& kernel = heap.Module("Kernel");
  auto& included = heap.Add("T_ICLASS", kernel).Super(object);
  auto& user = heap.Class("User").Super(included);
  Write(heap);
  EXPECT_EQ("Object", Value("SELECT s.name FROM classes c JOIN classes s ON "
                            "s.id = c.superclass WHERE c.name = 'User'"));
  EXPECT_EQ("NULL", Value("SELECT superclass FROM classes WHERE name = "
                          "'Object'"));
  EXPECT_EQ("NULL", NameOf(included));
  EXPECT_EQ("User", NameOf(user));
}

TEST_F(ClassTableTest, InstancesCountForTheClassThatRubyNames) {
  HeapBuilder heap;
  auto& base = heap.Class("Base");
  auto& user = heap.Class("User").Super(base);
  auto& singleton = Singleton(&heap).Super(user);  // class << alice
  auto& alice = heap.Object(singleton).Size(100);
  auto& bob = heap.Object(user).Size(40);
  singleton.Part("attached", alice);
  heap.Root("vm", alice);
  heap.Root("vm", bob);
  Write(heap);
  // Alice keeps her singleton class as well.
  EXPECT_EQ((Strings{"2|140|180"}),
            Rows("SELECT count, size, retained FROM classes WHERE name = "
                 "'User'"));
  EXPECT_EQ("0", Value("SELECT count FROM classes WHERE name = 'Base'"));
  EXPECT_EQ("User", RealOf(singleton));
  EXPECT_EQ("User", RealOf(user));
}

TEST_F(ClassTableTest, SingletonClassesAreCalledAfterTheirOwners) {
  HeapBuilder heap;
  // By address, the singleton class of a singleton class comes first.
  auto& second = Singleton(&heap);
  auto& first = Singleton(&heap, second);
  auto& user = heap.Add("T_CLASS", first).Name("User");
  first.Part("attached", user);
  second.Part("attached", first);
  auto& of_object = Singleton(&heap);
  of_object.Part("attached", heap.Object(of_object));
  Write(heap);
  EXPECT_EQ("#<Class:User>", NameOf(first));
  EXPECT_EQ("#<Class:#<Class:User>>", NameOf(second));
  EXPECT_EQ("NULL", NameOf(of_object));
}

// dump_all says nothing about owners, and the singleton classes of all classes
// have the same class.
TEST_F(ClassTableTest, WithoutOwnersTheInstanceGivesTheName) {
  HeapBuilder heap;
  auto& user_singleton = heap.Add("T_CLASS").Flag("singleton");
  auto& class_singleton = heap.Add("T_CLASS").Flag("singleton");
  user_singleton.To(class_singleton);
  auto& user = heap.Add("T_CLASS", user_singleton).Name("User");
  auto& of_class = heap.Add("T_CLASS", class_singleton).Name("Class");
  heap.Root("vm", user);
  heap.Root("vm", of_class);
  std::string dump = heap.DumpAll();
  // Its class pointer, which the builder can't set behind an object's back.
  char pointer[64];
  snprintf(pointer, sizeof(pointer), R"("class":"0x%llx",)",
           static_cast<unsigned long long>(class_singleton.id()));
  const size_t at = dump.find("\"type\":\"CLASS\"");
  ASSERT_NE(std::string::npos, at);
  dump.insert(at, pointer);
  WriteDump(dump);
  EXPECT_EQ("#<Class:User>", NameOf(user_singleton));
  EXPECT_EQ("#<Class:Class>", NameOf(class_singleton));
}

TEST_F(ClassTableTest, RetainedCountsWhatLiesInsideOnce) {
  HeapBuilder heap;
  auto& node = heap.Class("Node").Size(1000);
  auto& leaf = heap.Class("Leaf").Size(1000);
  auto& outer = heap.Object(node).Size(10);
  auto& inner = heap.Object(node).Size(20);
  auto& shared = heap.Object(leaf).Size(7);
  auto& own = heap.Object(leaf).Size(5);
  auto& lost = heap.Object(node).Size(9);  // unreachable: retains nothing
  outer.Ivar("@next", inner).Ivar("@shared", shared);
  inner.Ivar("@own", own).Ivar("@shared", shared);
  lost.To(own);
  heap.Root("vm", outer);
  heap.Root("vm", node);
  heap.Root("vm", leaf);
  Write(heap);
  EXPECT_EQ((Strings{"Leaf|2|12|12", "Node|3|39|42"}),
            Rows("SELECT name, count, size, retained FROM v_classes ORDER BY "
                 "name"));
}

TEST_F(ClassTableTest, AClassThatTheDumpLacksIsARow) {
  HeapBuilder heap;
  const uint64_t missing = heap.Dangling();
  heap.Root("vm", heap.Object(missing).Size(40));
  Write(heap);
  EXPECT_EQ((Strings{IdOf(missing) + "|NULL|1|40"}),
            Rows("SELECT id, name, count, size FROM classes"));
}

TEST_F(ClassTableTest, CircularSuperclassesOfADamagedDumpEnd) {
  HeapBuilder heap;
  auto& a = heap.Add("T_ICLASS");
  auto& b = heap.Add("T_ICLASS").Super(a);
  a.Super(b);
  auto& s = Singleton(&heap);
  auto& t = Singleton(&heap, s).Super(s).Part("attached", s);
  s.Super(t).Part("attached", t);
  heap.Root("vm", heap.Object(s));
  Write(heap);
  EXPECT_EQ("0", Value("SELECT count(*) FROM classes WHERE name NOT NULL"));
}

TEST_F(ClassTableTest, NamespacesSumUpWhatIsBelow) {
  HeapBuilder heap;
  auto& session = heap.Class("App::Session").Size(0);
  auto& user = heap.Class("App::Models::User").Size(0);
  auto& anonymous = heap.Class("#<Class:0x0000700000000000>::Inner").Size(0);
  auto& outer = heap.Object(session).Size(10);
  outer.Ivar("@user", heap.Object(user).Size(5));
  heap.Root("vm", outer);
  heap.Root("vm", heap.Object(anonymous).Size(3));
  Write(heap);
  EXPECT_EQ((Strings{"App|2|15|15", "App::Models|1|5|5",
                     "App::Models::User|1|5|5", "App::Session|1|10|15"}),
            Rows("SELECT name, count, size, retained FROM namespaces"));
}

}  // namespace
}  // namespace heapq
