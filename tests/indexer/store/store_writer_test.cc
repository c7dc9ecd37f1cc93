#include "indexer/store/store_writer.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"
#include "tests/support/random_dump.h"

namespace heapq {
namespace {

class StoreWriterTest : public StoreFixture {};

TEST_F(StoreWriterTest, PagesAndInsertsGiveTheSameDatabase) {
  for (const int objects : {0, 1, 50, 3000}) {
    const std::string dump =
        RandomDump(static_cast<uint32_t>(objects), objects);
    StoreOptions options;
    const std::string number = std::to_string(objects);
    WriteDump(dump, options, number + ".pages.db");
    const std::string pages = path_;
    options.plain_inserts = true;
    WriteDump(dump, options, number + ".inserts.db");
    const Strings tables =
        Rows("SELECT name FROM sqlite_schema WHERE type = 'table'");
    EXPECT_GT(tables.size(), 15u);
    for (const std::string& table : tables) {
      const std::string sql = "SELECT * FROM " + table;
      EXPECT_EQ(QueryRows(path_, sql), QueryRows(pages, sql)) << table;
    }
  }
}

TEST_F(StoreWriterTest, ReferrersAreSortedInAsManyPassesAsItTakes) {
  const std::string dump = RandomDump(11, 400);
  WriteDump(dump, {}, "one.db");
  const std::string one = path_;
  for (const uint64_t edges : {1, 7, 100}) {
    StoreOptions options;
    options.sorted_edges = edges;
    WriteDump(dump, options, std::to_string(edges) + ".db");
    EXPECT_EQ(QueryRows(one, "SELECT * FROM referrers"),
              Rows("SELECT * FROM referrers"));
  }
}

TEST_F(StoreWriterTest, ProgressIsTold) {
  const std::string dump = RandomDump(5, 30000);
  uint64_t last = 0;
  StoreOptions options;
  options.progress = [&last](uint64_t done, uint64_t total) {
    EXPECT_LE(last, done);
    EXPECT_LE(done, total);
    last = done;
  };
  WriteDump(dump, options);
  EXPECT_GT(last, 0u);
}

TEST_F(StoreWriterTest, TheSameHeapGivesTheSameBytes) {
  const std::string dump = RandomDump(7, 500);
  WriteDump(dump, {}, "first.db");
  const std::string first = ReadFile(path_);
  WriteDump(dump, {}, "second.db");
  EXPECT_EQ(first, ReadFile(path_));
}

TEST_F(StoreWriterTest, AnEmptyHeapIsADatabaseToo) {
  Write(HeapBuilder());
  EXPECT_EQ("0", Value("SELECT count(*) FROM objects"));
  EXPECT_EQ("0", Value("SELECT value FROM meta WHERE key = 'objects'"));
}

TEST_F(StoreWriterTest, RefusesAFileThatIsNotEmpty) {
  const Heap heap;
  StoreContent content;
  content.heap = &heap;
  EXPECT_THAT(
      StoreWriter::Create(dir_.Write("notes", "dear diary"), content, {}),
      StatusIs(absl::StatusCode::kAlreadyExists, "notes"));
  EXPECT_EQ("dear diary", ReadFile(dir_.File("notes")));
}

TEST_F(StoreWriterTest, ObjectsInTheOrderOfTheirAddresses) {
  HeapBuilder heap;
  auto& user = heap.Class("User").Size(500).Flag("frozen").Flag("old");
  auto& bob = heap.Object(user).Size(48).At("app.rb", 7);
  bob.Number("generation", 12);
  const uint64_t ghost = heap.Dangling();
  auto& lost = heap.Data("thread").Flag("embedded");
  bob.To(ghost);
  heap.Root("vm", bob);
  Write(heap);
  EXPECT_EQ((Strings{
                "1|4096|2|NULL|NULL|500|3|User|NULL|NULL|1|2|2|NULL|2|500",
                "2|4136|1|NULL|1|48|0|NULL|1|12|0|0|1|NULL|0|548",
                "3|4216|12|thread|NULL|40|16|NULL|NULL|NULL|NULL|NULL|NULL|"
                "NULL|NULL|NULL",
                "4|4176|0|NULL|NULL|0|0|NULL|NULL|NULL|0|2|2|NULL|2|0",
            }),
            Rows("SELECT id, address, type, (SELECT text FROM names WHERE id "
                 "= kind), class, size, flags, (SELECT text FROM names WHERE "
                 "id = name), site, generation, tier, parent, depth, jump, "
                 "idom, retained FROM objects"));
  EXPECT_EQ(std::to_string(lost.id()),
            Value("SELECT address FROM objects WHERE type = 12"));
  EXPECT_EQ((Strings{"1|app.rb|7|NULL|1|48|548"}),
            Rows("SELECT * FROM v_sites"));
  EXPECT_EQ((Strings{"0|(missing)|1|0", "1|T_OBJECT|1|48", "2|T_CLASS|1|500",
                     "12|T_DATA|1|40"}),
            Rows("SELECT * FROM types"));
}

TEST_F(StoreWriterTest, LongPathsHaveSkipPointers) {
  HeapBuilder heap;
  auto& type = heap.Class("Node");
  auto* node = &heap.Object(type);
  heap.Root("vm", *node);
  for (int i = 0; i < 200; ++i) {
    auto& next = heap.Object(type);
    node->Ivar("@next", next);
    node = &next;
  }
  Write(heap);
  EXPECT_EQ("201", Value("SELECT max(depth) FROM objects"));
  EXPECT_EQ("64", Value("SELECT min(depth) FROM objects WHERE jump NOT NULL"));
  // A jump leads to an ancestor: nearer to the roots, on the same path.
  EXPECT_EQ("0", Value("SELECT count(*) FROM objects o JOIN objects a ON a.id "
                       "= o.jump WHERE a.depth >= o.depth"));
  EXPECT_EQ("138", Value("SELECT count(*) FROM objects WHERE jump NOT NULL"));
}

TEST_F(StoreWriterTest, EdgesAndReferrersAreOneSet) {
  HeapBuilder heap;
  auto& target = heap.Array();
  auto& other = heap.Array();
  auto& list = heap.Array().Element(target).Element(other).Element(target);
  other.Element(target);
  Write(heap);
  const std::string a = IdOf(list), t = IdOf(target), o = IdOf(other);
  EXPECT_EQ((Strings{o + "|0|" + t + "|0", a + "|0|" + t + "|0",
                     a + "|1|" + o + "|1", a + "|2|" + t + "|2"}),
            Rows("SELECT src, n, dst, label FROM edges"));
  EXPECT_EQ((Strings{t + "|" + o + "|0", t + "|" + a + "|0", t + "|" + a + "|2",
                     o + "|" + a + "|1"}),
            Rows("SELECT dst, src, n FROM referrers"));
}

TEST_F(StoreWriterTest, FieldsStandBetweenEdges) {
  HeapBuilder heap;
  auto& list = heap.Array();
  list.Element("1").Element(list).Element(list).Element(":two");
  Write(heap);
  EXPECT_EQ((Strings{"0|0|index|0|1", "1|2|index|3|:two"}),
            Rows("SELECT f.n, f.at, k.name, f.label, f.value FROM fields f "
                 "JOIN edge_kinds k ON k.kind = f.kind WHERE f.src = " +
                 IdOf(list)));
}

TEST_F(StoreWriterTest, StringsKeepEveryByte) {
  HeapBuilder heap;
  auto& empty = heap.String("");
  auto& text = heap.String("ü\n\t\"quoted\"");
  auto& large = heap.String(std::string(100000, 'x'));
  Write(heap);
  EXPECT_EQ("", Value("SELECT value FROM strings WHERE id = " + IdOf(empty)));
  EXPECT_EQ("ü\n\t\"quoted\"",
            Value("SELECT value FROM strings WHERE id = " + IdOf(text)));
  EXPECT_EQ("100000", Value("SELECT length(value) FROM strings WHERE id = " +
                            IdOf(large)));
}

TEST_F(StoreWriterTest, FramesByThread) {
  HeapBuilder heap;
  auto& iseq = heap.Iseq("start", "app.rb", 10);
  auto& request = heap.Array();
  auto& thread = heap.Data("thread");
  thread.Frame("start", "app.rb", 12, iseq, {{"request", TestValue(request)}});
  thread.Frame("<main>", "app.rb", 99, 0, {});
  Write(heap);
  const std::string t = IdOf(thread);
  EXPECT_EQ((Strings{t + "|0|start|app.rb|12|" + IdOf(iseq),
                     t + "|1|<main>|app.rb|99|NULL"}),
            Rows("SELECT thread, n, label, file, line, iseq FROM frames"));
}

TEST_F(StoreWriterTest, TheDominatorTreeDownwardsBiggestFirst) {
  HeapBuilder heap;
  auto& root = heap.Array().Size(1);
  auto& small = heap.Array().Size(10);
  auto& big = heap.Array().Size(500);
  auto& same = heap.Array().Size(10);
  auto& inside = heap.Array().Size(3);
  root.Element(small).Element(big).Element(same);
  small.Element(inside);
  big.Element(inside);  // two ways in: the common holder dominates it
  heap.Root("vm", root);
  Write(heap);
  const std::string r = IdOf(root);
  EXPECT_EQ(
      (Strings{"0|524|" + r, r + "|500|" + IdOf(big), r + "|10|" + IdOf(small),
               r + "|10|" + IdOf(same), r + "|3|" + IdOf(inside)}),
      Rows("SELECT idom, retained, id FROM dominated"));
  EXPECT_EQ("1", Value("SELECT size FROM dominated WHERE id = " + r));
  EXPECT_EQ("0", Value("SELECT count(size) FROM dominated WHERE id <> " + r));
  EXPECT_EQ((Strings{"1|" + r + "|524", "2|" + IdOf(big) + "|500",
                     "3|" + IdOf(small) + "|10", "4|" + IdOf(same) + "|10",
                     "5|" + IdOf(inside) + "|3"}),
            Rows("SELECT rank, id, retained FROM top_retainers"));
}

TEST_F(StoreWriterTest, RetainedAndUnreachableMakeTheWhole) {
  WriteDump(RandomDump(3, 2000));
  const auto number = [this](const std::string& sql) {
    return std::stoull(Value(sql));
  };
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'size'"),
            number("SELECT sum(retained) FROM objects WHERE idom = 0") +
                number("SELECT sum(size) FROM objects WHERE retained IS NULL"));
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'reachable_size'"),
            number("SELECT sum(retained) FROM objects WHERE idom = 0"));
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'objects'"),
            number("SELECT sum(count) FROM types WHERE type > 0"));
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'size'"),
            number("SELECT sum(size) FROM types"));
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'weak_edges'"),
            number("SELECT count(*) FROM weak_edges"));
  EXPECT_EQ(number("SELECT value FROM meta WHERE key = 'roots'"),
            number("SELECT count(*) FROM roots"));
  EXPECT_EQ(number("SELECT count(*) FROM objects WHERE retained NOT NULL"),
            number("SELECT count(*) FROM dominated"));
}

TEST_F(StoreWriterTest, MetaSaysWhetherAnythingCanBeReachable) {
  const std::string has_roots =
      "SELECT value FROM meta WHERE key = 'has_roots'";
  HeapBuilder none;
  none.WeakRoot("symbols", none.Array());
  WriteDump(none.Format2(), {}, "none.db");
  EXPECT_EQ("0", Value(has_roots));
  HeapBuilder one;
  one.Root("vm", one.Array());
  WriteDump(one.Format2(), {}, "one.db");
  EXPECT_EQ("1", Value(has_roots));
}

TEST_F(StoreWriterTest, DropsAreListed) {
  WriteDump(HeapBuilder().Format2() + "garbage\n");
  const Strings drops = Rows("SELECT n, reason, line FROM drops");
  ASSERT_EQ(1u, drops.size());
  const std::string reason = Value("SELECT reason FROM drops");
  EXPECT_EQ("1", Value("SELECT value FROM meta WHERE key = 'dropped_" + reason +
                       "'"));
}

}  // namespace
}  // namespace heapq
