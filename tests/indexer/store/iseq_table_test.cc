#include "indexer/store/iseq_table.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class IseqTableTest : public StoreFixture {
 protected:
  std::string LabelOf(const TestObject& iseq) const {
    return Value("SELECT label FROM iseqs WHERE id = " + IdOf(iseq));
  }
  static TestObject& Method(HeapBuilder* heap, std::string_view name,
                            const TestObject& owner, const TestObject& iseq) {
    return heap->Imemo("ment")
        .Name(name)
        .Part("owner", owner)
        .Part("iseq", iseq);
  }
};

TEST_F(IseqTableTest, MethodsBearTheirOwnersName) {
  HeapBuilder heap;
  auto& session = heap.Class("Session");
  auto& singleton = heap.Add("T_CLASS").Flag("singleton");
  singleton.Part("attached", session);
  auto& start = heap.Iseq("start", "app.rb", 12);
  auto& build = heap.Iseq("build", "app.rb", 30);
  Method(&heap, "start", session, start);
  Method(&heap, "build", singleton, build);
  Write(heap);
  EXPECT_EQ("Session#start", LabelOf(start));
  EXPECT_EQ("Session.build", LabelOf(build));
  EXPECT_EQ((Strings{"app.rb|12|method", "app.rb|30|method"}),
            Rows("SELECT file, line, type FROM iseqs ORDER BY line"));
}

TEST_F(IseqTableTest, BlocksBearTheNameOfTheMethodAroundThem) {
  HeapBuilder heap;
  auto& session = heap.Class("Session");
  auto& start = heap.Iseq("start", "app.rb", 12);
  auto& block = heap.Iseq("block in start", "app.rb", 13, "block");
  auto& inner = heap.Iseq("block (2 levels) in start", "app.rb", 14, "block");
  auto& rescue = heap.Iseq("rescue in block in start", "app.rb", 15, "rescue");
  block.Part("parent", start);
  inner.Part("parent", block);
  rescue.Part("parent", block);
  Method(&heap, "start", session, start);
  Write(heap);
  EXPECT_EQ("block in Session#start", LabelOf(block));
  EXPECT_EQ("block (2 levels) in Session#start", LabelOf(inner));
  EXPECT_EQ("rescue in block in Session#start", LabelOf(rescue));
  EXPECT_EQ(IdOf(start),
            Value("SELECT parent FROM iseqs WHERE id = " + IdOf(block)));
}

TEST_F(IseqTableTest, CodeOutsideOfMethodsKeepsItsLabel) {
  HeapBuilder heap;
  auto& main = heap.Iseq("<main>", "app.rb", 1, "main");
  auto& body = heap.Iseq("<class:Session>", "app.rb", 2, "class");
  auto& block = heap.Iseq("block in <class:Session>", "app.rb", 3, "block");
  body.Part("parent", main);
  block.Part("parent", body);
  Write(heap);
  EXPECT_EQ("<main>", LabelOf(main));
  EXPECT_EQ("<class:Session>", LabelOf(body));
  EXPECT_EQ("block in <class:Session>", LabelOf(block));
}

TEST_F(IseqTableTest, AnAliasDoesNotRenameTheCode) {
  HeapBuilder heap;
  auto& session = heap.Class("Session");
  auto& start = heap.Iseq("start", "app.rb", 12);
  auto& gone = heap.Iseq("gone", "app.rb", 22);
  Method(&heap, "begin", heap.Class("Other"), start);  // alias begin start
  Method(&heap, "start", session, start);
  Method(&heap, "old_gone", session, gone);  // and gone itself was undefined
  Write(heap);
  EXPECT_EQ("Session#start", LabelOf(start));
  EXPECT_EQ("Session#gone", LabelOf(gone));
}

TEST_F(IseqTableTest, MethodsOfAnonymousOwners) {
  HeapBuilder heap;
  // Ruby's temporary name of a class below an anonymous one.
  auto& inner = heap.Class("#<Class:0x0000700000000000>::Inner");
  auto& anonymous = heap.Add("T_CLASS");
  auto& of_module = heap.Add("T_ICLASS", heap.Module("Helper"));
  auto& start = heap.Iseq("start", "app.rb", 1);
  auto& stop = heap.Iseq("stop", "app.rb", 2);
  auto& help = heap.Iseq("help", "app.rb", 3);
  Method(&heap, "start", inner, start);
  Method(&heap, "stop", anonymous, stop);
  Method(&heap, "help", of_module, help);
  Write(heap);
  EXPECT_EQ("#<Class:0x0000700000000000>::Inner#start", LabelOf(start));
  EXPECT_EQ("stop", LabelOf(stop));
  EXPECT_EQ("Helper#help", LabelOf(help));
}

TEST_F(IseqTableTest, EnvsKnowWhoseLocalsTheyHold) {
  HeapBuilder heap;
  auto& start = heap.Iseq("start", "app.rb", 12);
  auto& env = heap.Imemo("VM/env").Part("iseq", start).Local("a", "1");
  heap.Imemo("VM/env");  // of a Ruby whose layout is unknown
  Write(heap);
  EXPECT_EQ((Strings{IdOf(env) + "|" + IdOf(start)}),
            Rows("SELECT id, iseq FROM envs"));
}

TEST_F(IseqTableTest, CircularParentsOfADamagedDumpEnd) {
  HeapBuilder heap;
  auto& a = heap.Iseq("block in start", "app.rb", 1, "block");
  auto& b = heap.Iseq("block in start", "app.rb", 2, "block");
  a.Part("parent", b);
  b.Part("parent", a);
  Write(heap);
  EXPECT_EQ("block in start", LabelOf(a));
}

}  // namespace
}  // namespace heapq
