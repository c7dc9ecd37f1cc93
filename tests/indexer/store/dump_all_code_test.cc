// ObjectSpace.dump_all describes code without naming it.
#include <string>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

// Records as Ruby writes them. Parts that do not matter here are left out.
std::string Root(const std::string& references) {
  return R"({"type":"ROOT", "root":"vm", "references":[)" + references + "]}\n";
}
std::string Record(const std::string& address, const std::string& rest) {
  return R"({"address":")" + address + R"(", )" + rest +
         R"(, "memsize":40, "flags":{"wb_protected":true}})" + "\n";
}
std::string String(const std::string& address, const std::string& value) {
  return Record(
      address, R"("type":"STRING", "class":"0x1000", "value":")" + value + '"');
}
std::string Imemo(const std::string& address, const std::string& kind,
                  const std::string& rest) {
  return Record(address,
                R"("type":"IMEMO", "imemo_type":")" + kind + "\", " + rest);
}

// A block in Session#start, in lib/session.rb, and what holds it.
std::string Code() {
  return Root(R"("0x1000", "0x2000", "0x4000")") +
         Record("0x1000", R"("type":"CLASS", "class":"0x1000", )"
                          R"("name":"Session", "references":["0x4000"])") +
         Record("0x2000",
                R"("type":"DATA", "class":"0x1000", "struct":"proc", )"
                R"("references":["0x1000", "0x2100", "0x2200"], )"
                R"("file":"lib/session.rb", "line":7, "method":"start")") +
         Imemo("0x2100", "iseq",
               R"("references":["0x2170", "0x2178", "0x2180", "0x3100", )"
               R"("0x2110", "0x2120", "0x2130", "0x3100", "0x2140"])") +
         String("0x2110", "block in start") + String("0x2120", "start") +
         Record("0x2130", R"("type":"ARRAY", "length":2, )"
                          R"("references":["0x2138", "0x2158"])") +
         String("0x2138", "lib/session.rb") +
         String("0x2158", "/srv/lib/session.rb") +
         Imemo("0x2140", "callcache", R"("class":"0x1000")") +
         // Literals, the last three in a row in front of another iseq.
         String("0x2170", "a") + String("0x2178", "not a label") +
         String("0x2180", "not/a/path.rb") +
         Imemo("0x2200", "env",
               R"("references":["0x2170", "0x4000", "0x2200", "0x3100"])") +
         Imemo("0x3100", "iseq",
               R"("references":["0x2100", "0x2120", "0x2120", "0x2130"])") +
         Imemo("0x4000", "ment",
               R"("references":["0x1000", "0x1000", "0x3100"], )"
               R"("file":"lib/session.rb", "line":5)");
}

class DumpAllCodeTest : public StoreFixture {};

TEST_F(DumpAllCodeTest, IseqsHaveLabelFileLineAndParent) {
  WriteDump(Code());
  EXPECT_EQ((Strings{"8448|block in Session#start|lib/session.rb|7|12544",
                     "12544|Session#start|lib/session.rb|5|NULL"}),
            Rows("SELECT o.address, i.label, i.file, i.line, p.address FROM "
                 "iseqs i JOIN objects o ON o.id = i.id LEFT JOIN objects p ON "
                 "p.id = i.parent ORDER BY i.id"));
}

TEST_F(DumpAllCodeTest, WithoutTracingTheLineIsUnknown) {
  std::string dump = Code();
  for (size_t at; (at = dump.find(R"(, "file":")")) != std::string::npos;) {
    dump.erase(at, dump.find(R"(, "memsize")", at) - at);
  }
  WriteDump(dump);
  EXPECT_EQ((Strings{"block in Session#start|lib/session.rb|NULL",
                     "Session#start|lib/session.rb|NULL"}),
            Rows("SELECT label, file, line FROM iseqs ORDER BY id"));
}

// The block is passed on and made into a proc in the method that takes it.
TEST_F(DumpAllCodeTest, AProcMadeElsewhereDoesNotTellTheLine) {
  std::string dump = Code();
  const std::string here = R"("line":7, "method":"start")";
  dump.replace(dump.find(here), here.size(), R"("line":90, "method":"on")");
  WriteDump(dump);
  EXPECT_EQ("NULL", Value("SELECT line FROM iseqs WHERE label LIKE 'block%'"));
}

TEST_F(DumpAllCodeTest, ReferencesOfCodeHaveNames) {
  WriteDump(Code());
  const auto edges = [this](const std::string& address) {
    return Rows(
        "SELECT printf('%x', d.address), e.kind, e.label FROM v_edges e JOIN "
        "objects s ON s.id = e.src JOIN objects d ON d.id = e.dst WHERE "
        "e.n NOT NULL AND s.address = " +
        address + " ORDER BY e.n");
  };
  EXPECT_EQ((Strings{"1000|part|self", "2100|part|iseq", "2200|part|env"}),
            edges("0x2000"));
  EXPECT_EQ((Strings{"2170|ref|NULL", "4000|part|ment", "2200|part|env",
                     "3100|part|iseq"}),
            edges("0x2200"));
  EXPECT_EQ(
      (Strings{"1000|part|owner", "1000|part|defined_class", "3100|part|iseq"}),
      edges("0x4000"));
  EXPECT_EQ("2130|part|path", edges("0x2100")[6]);
  EXPECT_EQ("3100|part|parent", edges("0x2100")[7]);
  EXPECT_EQ("start", Value("SELECT name FROM v_objects WHERE kind = 'ment'"));
}

// Ruby 3.1 and older: what stands in the second word of an imemo is written as
// its class, and left out of its references.
TEST_F(DumpAllCodeTest, TheClassOfAnImemoIsAReferenceWhereItFits) {
  WriteDump(
      Root(R"("0x2000", "0x2100", "0x2200", "0x2300", "0x2400", "0x2500")") +
      Record("0x1000", R"("type":"CLASS", "name":"Job")") +
      Record("0x1100", R"("type":"MODULE", "name":"Held")") +
      Imemo("0x2000", "env", R"("class":"0x3000", "references":["0x1200"])") +
      Record("0x1200", R"("type":"HASH", "size":0)") +
      // Ruby 2.x: a pointer, here to something that is an object by chance.
      Imemo("0x2100", "env", R"("class":"0x1300")") +
      Record("0x1300", R"("type":"ARRAY", "length":0)") +
      Imemo("0x2200", "ment", R"("class":"0x1000")") +
      Imemo("0x2300", "cref", R"("class":"0x8", "references":["0x1200"])") +
      Imemo("0x2400", "callcache", R"("class":"0x1100")") +
      Imemo("0x2500", "cref", R"("class":"0x1400")") +
      Record("0x1400", R"("type":"HASH", "size":0)") +
      Imemo("0x3000", "iseq", R"("references":["0x3100"])") +
      String("0x3100", "kept by the iseq"));
  EXPECT_EQ(
      (Strings{"2000|3000|iseq", "2200|1000|owner", "2500|1400|refinements"}),
      Rows("SELECT printf('%x', s.address), printf('%x', d.address), "
           "e.label FROM v_edges e JOIN objects s ON s.id = e.src JOIN "
           "objects d ON d.id = e.dst WHERE e.kind = 'part' AND e.label "
           "IN ('iseq', 'owner', 'defined_class', 'refinements') AND "
           "d.address <> 0x1200 ORDER BY 1"));
  EXPECT_EQ((Strings{"1100", "1300"}),
            Rows("SELECT printf('%x', address) FROM objects WHERE retained IS "
                 "NULL ORDER BY id"));
  EXPECT_EQ("0", Value("SELECT value FROM meta WHERE key = 'ghosts'"));
  EXPECT_EQ("1", Value("SELECT count(*) FROM envs"));
}

TEST_F(DumpAllCodeTest, ANamedClassStartsItsOwnPath) {
  WriteDump(Root(R"("0x9000")") +
            Record("0x9000", R"("type":"DATA", "class":"0x1000", )"
                             R"("struct":"fiber", "references":["0x9100"])") +
            Record("0x9100", R"("type":"ARRAY", "class":"0x1000", )"
                             R"("length":1, "references":["0x1000"])") +
            Record("0x1000", R"("type":"CLASS", "name":"Object", )"
                             R"("references":["0x1100", "0x9200"])") +
            Record("0x1100", R"("type":"MODULE", "name":"App", )"
                             R"("references":["0x1200", "0x1300"])") +
            Record("0x1200", R"("type":"CLASS", "name":"App::Job", )"
                             R"("references":["0x9300"])") +
            // An older version of the class, held by a variable of App's.
            Record("0x1300", R"("type":"ARRAY", "length":1, )"
                             R"("references":["0x1400"])") +
            Record("0x1400", R"("type":"CLASS", "name":"App::Job")") +
            // Its name is that of a constant of another namespace.
            Record("0x9200", R"("type":"CLASS", "name":"Lib::Job")") +
            String("0x9300", "kept"));
  const auto row = [this](const std::string& address) {
    return Value(
        "SELECT o.depth || '|' || coalesce(printf('%x', p.address), "
        "o.parent) FROM objects o LEFT JOIN objects p ON p.id = "
        "o.parent WHERE o.address = " +
        address);
  };
  EXPECT_EQ("1|0", row("0x1000"));
  EXPECT_EQ("1|0", row("0x1100"));
  EXPECT_EQ("1|0", row("0x1200"));
  EXPECT_EQ("2|1200", row("0x9300"));
  EXPECT_EQ("3|1300", row("0x1400"));
  EXPECT_EQ("2|1000", row("0x9200"));
  EXPECT_EQ((Strings{"App", "Job"}),
            Rows("SELECT label FROM v_edges WHERE kind = 'const' ORDER BY 1"));
  // Sizes stay exact: all hangs on the one root.
  EXPECT_EQ("1", Value("SELECT count(*) FROM objects WHERE idom = 0"));
}

TEST_F(DumpAllCodeTest, AnUnreachableClassStartsNoPath) {
  WriteDump(Root(R"("0x9000")") + String("0x9000", "kept") +
            Record("0x1100", R"("type":"CLASS", "name":"Object", )"
                             R"("references":["0x1200"])") +
            Record("0x1200", R"("type":"CLASS", "name":"Job")"));
  EXPECT_EQ("2", Value("SELECT count(*) FROM objects WHERE tier IS NULL"));
}

}  // namespace
}  // namespace heapq
