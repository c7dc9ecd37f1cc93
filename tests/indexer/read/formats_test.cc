#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/heap_builder.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using ::testing::HasSubstr;

// Reads `content` with every small chunk size and a large one; all must
// agree. Returns what it says.
std::string DescribeAtEveryChunkSize(const std::string& content) {
  DumpText text;
  auto whole = text.Read(content, 1 << 20);
  EXPECT_THAT(whole, IsOk());
  if (!whole.ok()) return "";
  std::string description = DumpText::Describe(&*whole);
  for (size_t chunk = 1; chunk <= 31; ++chunk) {
    auto pieces = text.Read(content, chunk);
    EXPECT_THAT(pieces, IsOk());
    if (!pieces.ok()) return description;
    EXPECT_EQ(description, DumpText::Describe(&*pieces)) << "chunk " << chunk;
    EXPECT_EQ(whole->header, pieces->header);
    if (testing::Test::HasFailure()) break;
  }
  return description;
}

// As templates have, whose code begins before their first line.
TEST(Formats, ALineThatEvalWasToldToBeNegativeIsNone) {
  const std::string wrapped = "18446744073709551611";
  EXPECT_THAT(
      DescribeAtEveryChunkSize("{\"address\":\"0x48\", \"type\":\"STRING\", "
                               "\"file\":\"a.erb\", \"line\":" +
                               wrapped + ", \"memsize\":40}\n"),
      HasSubstr(" at a.erb:0\n"));
  const std::string format2 = DescribeAtEveryChunkSize(
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":72,\"bt\":\"T_IMEMO\",\"name\":\"x\",\"type\":\"top\","
      "\"size\":40,\"file\":\"a.erb\",\"line\":" +
      wrapped +
      "}\n"
      ",{\"id\":144,\"bt\":\"T_DATA\",\"type_name\":\"VM/thread\",\"frames\":["
      "{\"label\":\"f\",\"filename\":\"a.erb\",\"line\":" +
      wrapped + "}]}\n,{\"id\":\"_END_\",\"objects\":2,\"edges\":0}]\n");
  EXPECT_THAT(format2, HasSubstr(" at a.erb:0\n"));
  EXPECT_THAT(format2, HasSubstr(" f (a.erb:0)\n"));
}

TEST(Format2, SaysWhatEachFieldMeans) {
  HeapBuilder heap;  // 0x1000, 0x1028, 0x1050, …
  auto& user = heap.Class("User");
  auto& object = heap.Object(user);
  auto& key = heap.String("key");
  object.Ivar("@a", key).Ivar("@b", "42").Ivar("@c", TestValue::Nil());
  object.At("app/user.rb", 7).Flag("frozen");
  auto& hash = heap.Hash();
  hash.Pair(":sym", object).Pair(key, key).Pair(key, "1.5").Pair("1", "true");
  auto& array = heap.Array();
  array.Element(object).Element("17").Element(TestValue::Nil()).Element(hash);
  auto& point = heap.Struct(user).Member("x", array).Member("y", "2");
  user.Const("LIMIT", array).Cvar("@@all", hash).Super(heap.Dangling());
  auto& iseq = heap.Iseq("block in start", "app.rb", 42, "block");
  auto& env = heap.Imemo("VM/env");
  env.Part("iseq", iseq).Local("request", object).Local("n", "3");
  auto& proc = heap.Data("proc").Part("env", env).Part("iseq", iseq);
  proc.Property("status", "run").To(point).WeakTo(array);
  auto& thread = heap.Data("VM/thread");
  thread.Local(":user", object);
  thread.Frame("Job#run", "job.rb", 9, iseq, {{"job", object}, {"i", "1"}});
  heap.Imemo("iseq").Item("literals", key).Item("literals", key);
  user.Method("start", heap.Imemo("ment").Name("start"));
  heap.Global("$bus", proc);
  heap.Root("vm", thread);
  heap.WeakRoot("symbols", key);

  EXPECT_EQ(
      "heap_dump 2\n"
      "root globals $bus -> 0x1168\n"
      "root symbols  -> 0x1050 weak\n"
      "root vm  -> 0x1190\n"
      "0x1000 T_CLASS 'User' 40B\n"
      "  cvar @@all -> 0x1078\n"
      "  const LIMIT -> 0x10a0\n"
      "  method start -> 0x11e0\n"
      "  super -> 0x10f0\n"
      "0x1028 T_OBJECT class 0x1000 40B flags 1 at app/user.rb:7\n"
      "  ivar @a -> 0x1050\n"
      "  0@1 ivar @b = 42\n"
      "  1@1 ivar @c = nil\n"
      "0x1050 T_STRING 40B \"key\"\n"
      "0x1078 T_HASH 40B\n"
      "  hash_value :sym -> 0x1028\n"
      "  hash_key 1 -> 0x1050\n"
      "  hash_value 0x1050 -> 0x1050\n"
      "  hash_key 2 -> 0x1050\n"
      "  0@4 hash_value 0x1050 = 1.5\n"
      "  1@4 hash_value 1 = true\n"
      "0x10a0 T_ARRAY 40B\n"
      "  index 0 -> 0x1028\n"
      "  index 3 -> 0x1078\n"
      "  0@1 index 1 = 17\n"
      "  1@1 index 2 = nil\n"
      "0x10c8 T_STRUCT class 0x1000 40B\n"
      "  member x -> 0x10a0\n"
      "  0@1 member y = 2\n"
      "0x1118 T_IMEMO iseq 'block in start' 40B\n"
      "  0@0 property filename = app.rb\n"
      "  1@0 property type = block\n"
      "  2@0 property line = 42\n"
      "0x1140 T_IMEMO VM/env 40B\n"
      "  local request -> 0x1028\n"
      "  part iseq -> 0x1118\n"
      "  0@1 local n = 3\n"
      "0x1168 T_DATA proc 40B\n"
      "  part env -> 0x1140\n"
      "  part iseq -> 0x1118\n"
      "  ref -> 0x10c8\n"
      "  weak ref -> 0x10a0\n"
      "  0@0 property status = run\n"
      "0x1190 T_DATA VM/thread 40B\n"
      "  fiber_local :user -> 0x1028\n"
      "  frame_part iseq in frame 0 -> 0x1118\n"
      "  frame_local job in frame 0 -> 0x1028\n"
      "  0@3 frame_local i in frame 0 = 1\n"
      "0x11b8 T_IMEMO iseq 40B\n"
      "  item literals -> 0x1050\n"
      "  item literals -> 0x1050\n"
      "0x11e0 T_IMEMO ment 'start' 40B\n"
      "0x10f0 (missing)\n"
      "frame 0 of 0x1190 Job#run (job.rb:9)\n",
      DescribeAtEveryChunkSize(heap.Format2()));
}

// `locals` of a thread and of an env differ in kind; a frame names its values.
TEST(Format2, TakesKeysInAnyOrder) {
  const std::string head =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":\"_ROOTS_\",\"vm\":[72]}\n,{\"id\":64,\"bt\":\"T_OBJECT\"}\n";
  const std::string end = "\n,{\"id\":\"_END_\",\"objects\":3}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "root vm  -> 0x48\n"
      "0x40 T_OBJECT\n"
      "0x48 T_DATA VM/thread\n"
      "  frame_part self in frame 0 -> 0x40\n"
      "  frame_local x in frame 1 -> 0x40\n"
      "  fiber_local a -> 0x40\n"
      "  0@3 fiber_local b = 1\n"
      "0x50 T_IMEMO VM/env\n"
      "  local c -> 0x40\n"
      "frame 0 of 0x48 go (a.rb:3)\n"
      "frame 1 of 0x48 go (a.rb:4)\n",
      DescribeAtEveryChunkSize(
          head +
          ",{\"frames\":[{\"self\":64,\"label\":\"go\",\"filename\":\"a.rb\","
          "\"line\":3},{\"locals\":{\"x\":64},\"line\":4,\"filename\":\"a.rb\","
          "\"label\":\"go\"}],\"id\":72,\"locals\":{\"a\":64,\"b\":\"1\"},"
          "\"bt\":\"T_DATA\",\"type_name\":\"VM/thread\"}\n"
          ",{\"id\":80,\"bt\":\"T_IMEMO\",\"locals\":{\"c\":64},"
          "\"type_name\":\"VM/env\"}" +
          end));
}

TEST(Format2, TakesNameMapsAsPairs) {
  const std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":\"_ROOTS_\",\"globals\":{\"$a\":64},\"vm\":[64,[\"b.c\",72]]}\n"
      ",{\"id\":64,\"bt\":\"T_OBJECT\",\"ivs\":[[\"@x.y\",72],[\"$z\",null]],"
      "\"methods\":[[\"a.b\",{\"ment\":72,\"iseq\":80}],[\"c\",\"(CFUNC)\"]]}\n"
      ",{\"id\":72,\"bt\":\"T_HASH\",\"default\":64,\"weak\":{\"owner\":64}}\n"
      ",{\"id\":\"_END_\",\"objects\":2}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "root globals $a -> 0x40\n"
      "root vm  -> 0x40\n"
      "root vm b.c -> 0x48\n"
      "0x40 T_OBJECT\n"
      "  ivar @x.y -> 0x48\n"
      "  method a.b -> 0x48\n"
      "  0@1 ivar $z = nil\n"
      "  1@2 method c = (CFUNC)\n"
      "0x48 T_HASH\n"
      "  part default -> 0x40\n"
      "  weak part owner -> 0x40\n",
      DescribeAtEveryChunkSize(dump));
}

TEST(Format2, JoinsContinuations) {
  const std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":64,\"bt\":\"T_ARRAY\",\"val\":[72,\"1\"]}\n"
      ",{\"id\":72,\"bt\":\"T_ARRAY\",\"val\":[64]}\n"
      ",{\"id\":\"64+1\",\"of\":64,\"from\":2,\"val\":[72,64],\"weak\":[72]}\n"
      ",{\"id\":80,\"bt\":\"T_OBJECT\",\"ivs\":{\"@a\":64}}\n"
      ",{\"id\":\"64+2\",\"of\":64,\"from\":4,\"val\":[80]}\n"
      ",{\"id\":\"_ROOTS_\",\"vm\":[64]}\n"
      ",{\"id\":\"_ROOTS_+1\",\"of\":\"_ROOTS_\",\"vm\":[72]}\n"
      ",{\"id\":\"99+1\",\"of\":99,\"val\":[64]}\n"
      ",{\"id\":\"_END_\",\"objects\":3}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "root vm  -> 0x40\n"
      "root vm  -> 0x48\n"
      "0x40 T_ARRAY\n"
      "  index 0 -> 0x48\n"
      "  index 2 -> 0x48\n"
      "  index 3 -> 0x40\n"
      "  index 4 -> 0x50\n"
      "  weak ref -> 0x48\n"
      "  0@1 index 1 = 1\n"
      "0x48 T_ARRAY\n"
      "  index 0 -> 0x40\n"
      "0x50 T_OBJECT\n"
      "  ivar @a -> 0x40\n"
      "dropped 1 orphan_continuation\n",
      DescribeAtEveryChunkSize(dump));
}

// The id says of what, wherever "of" stands.
TEST(Format2, ContinuesTheRootsInAnyOrder) {
  const std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":\"_ROOTS_\",\"vm\":[4096]}\n"
      ",{\"id\":4096,\"bt\":\"T_OBJECT\",\"size\":40}\n"
      ",{\"id\":4104,\"bt\":\"T_OBJECT\",\"size\":40}\n"
      ",{\"id\":\"_ROOTS_+1\",\"vm\":[4104],\"of\":\"_ROOTS_\"}\n"
      ",{\"id\":\"_END_\",\"objects\":2}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "root vm  -> 0x1000\n"
      "root vm  -> 0x1008\n"
      "0x1000 T_OBJECT 40B\n"
      "0x1008 T_OBJECT 40B\n",
      DescribeAtEveryChunkSize(dump));
}

// The first gem wrote no continuations, and numbers that may be none of ids:
// those go, and what lies behind them moves up.
TEST(FirstFormat, ContinuationsOfWhatMayBeNumbers) {
  const std::string dump =
      "[{\"id\":\"_ROOTS_\",\"vm\":[268435520]}\n"
      ",{\"id\":268435520,\"bt\":\"T_ARRAY\",\"val\":[7,268435528,8]}\n"
      ",{\"id\":\"x\",\"of\":268435520,\"val\":[9,268435528,10]}\n"
      ",{\"id\":\"y\",\"of\":268435520,\"val\":[11]}\n"
      ",{\"id\":268435528,\"bt\":\"T_ARRAY\",\"val\":[12,268435520]}\n"
      ",{\"id\":\"z\",\"of\":268435520,\"val\":[268435520]}\n]\n";
  DumpText text;
  auto read = text.Read(dump);
  ASSERT_THAT(read, IsOk());
  const std::string all = DumpText::Describe(&*read);
  EXPECT_EQ(4u, read->heap.edges.count) << all;
  EXPECT_EQ(3u, read->heap.edges.begin[2] - read->heap.edges.begin[1]) << all;
  EXPECT_EQ(1u, read->heap.edges.begin[3] - read->heap.edges.begin[2]) << all;
  EXPECT_EQ(2u, read->heap.edges.dst[0]) << all;
  EXPECT_EQ(1u, read->heap.edges.dst[3]) << all;
}

TEST(Format2, JoinsTheTextOfALongString) {
  const std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":72,\"bt\":\"T_STRING\",\"length\":9,\"val\":\"abc\"}\n"
      ",{\"id\":\"72+1\",\"of\":72,\"from\":3,\"val\":\"def\"}\n"
      ",{\"id\":64,\"bt\":\"T_STRING\",\"val\":\"other\"}\n"
      ",{\"id\":\"72+2\",\"of\":72,\"from\":6,\"val\":\"ghi\"}\n"
      ",{\"id\":\"_END_\",\"objects\":2}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "0x40 T_STRING \"other\"\n"
      "0x48 T_STRING \"abcdefghi\"\n",
      DescribeAtEveryChunkSize(dump));
}

TEST(Format2, SkipsRecordsAndKeysOfTheFuture) {
  const std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2,"
      "\"novel\":{\"a\":[1,{\"b\":2}]}}\n"
      ",{\"id\":\"_SHAPES_\",\"list\":[[1,2],{\"x\":3}]}\n"
      ",{\"id\":64,\"bt\":\"T_WEIRD\",\"holder\":72,\"map\":{\"k\":72},"
      "\"deep\":[[72],{\"q\":[72]}]}\n"
      ",{\"id\":72,\"bt\":\"T_OBJECT\"}\n"
      ",{\"id\":\"_END_\",\"objects\":2}]\n";
  EXPECT_EQ(
      "heap_dump 2\n"
      "0x40 T_UNKNOWN\n"
      "  part holder -> 0x48\n"
      "  part map.k -> 0x48\n"
      "  item deep -> 0x48\n"
      "  item deep -> 0x48\n"
      "  0@0 property bt = T_WEIRD\n"
      "0x48 T_OBJECT\n",
      DescribeAtEveryChunkSize(dump));
}

TEST(Format2, ReadsTheExamplesOfTheDocumentation) {
  std::ifstream file(SOURCE_DIR "/docs/reference/format.md");
  std::string dump;
  for (std::string line; std::getline(file, line);) {
    const bool example =
        line.rfind("    [{\"", 0) == 0 || line.rfind("    ,{\"", 0) == 0;
    // The first listing only shows the layout.
    if (!example || line.find("…") != std::string::npos) continue;
    dump += line.substr(4) + "\n";
  }
  // The end record stands before the rest of the page's examples.
  DumpText text;
  auto read = text.Read(dump);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(0u, read->drops.totals().size()) << DumpText::Describe(&*read);
  EXPECT_EQ(7u, read->heap.object_count);
  uint64_t class_edges = 0;
  for (ObjectId id = 1; id <= read->heap.object_count; ++id) {
    if (read->heap.class_of[id] != 0) ++class_edges;
  }
  // The count of the page's end record, and the two of the continuation.
  EXPECT_EQ(21u, read->heap.edges.count + class_edges);
}

TEST(FirstGem, ReadsTheSampleOfItsReadme) {
  const std::string dump =
      R"([{"id":"_ROOTS_","stack_and_registers":[70313628419480,"trace",70313627751860],"classes":[70313627319820]}
,{"id":70365602702620,"bt":"T_ARRAY","val":[">=",70365602705060]}
,{"id":70365602702660,"bt":"T_DATA","type_name":"iseq","size":564,"name":"activate_spec","filename":"/x/rubygems.rb","line":485,"type":"method","refs_array_id":70365602847060,"coverage":null,"defined_method_id":12672}
,{"id":70365602821260,"bt":"T_HASH","val":{"EXEEXT":"","bindir":70365603049640}}
,{"id":70365602712560,"bt":"T_CLASS","name":"URI::HTTPS","methods":{"build":70365602782860},"ivs":{"__classpath__":"URI::HTTPS","DEFAULT_PORT":443,"__attached__":70365602771440,"@x":null},"super":70365602771440}
,{"id":70365602717060,"bt":"T_DATA","type_name":"proc","size":72,"is_lambda":0,"blockprocval":null,"envval":70365602712440,"iseq":{"id":70365600821896,"name":"block in x","filename":"/x/file_list.rb","line":743,"klass":null}}
,{"id":70151795224840,"bt":"T_DATA","type_name":"VM/env","size":120,"refs":[70365602717060,"string1",null,0,70151795224840]}
]
)";
  const std::string described = DescribeAtEveryChunkSize(dump);
  EXPECT_THAT(described, HasSubstr("heap_dump 1\n"
                                   "root stack_and_registers  -> "));
  EXPECT_THAT(described, HasSubstr("T_CLASS 'URI::HTTPS'\n"
                                   "  method build -> 0x3fff44c21e8c\n"
                                   "  part attached -> 0x3fff44c1f1f0\n"
                                   "  super -> 0x3fff44c1f1f0\n"
                                   "  0@3 ivar @x = nil\n"
                                   "  1@1 const DEFAULT_PORT = 443\n"));
  EXPECT_THAT(described, HasSubstr("  part env -> "));
  // The iseq that stands in the proc's record is an object.
  EXPECT_THAT(described, HasSubstr("  part iseq -> 0x3fff44a43288\n"));
  EXPECT_THAT(described, HasSubstr("T_DATA iseq 'block in x'\n"
                                   "  0@0 property filename = "
                                   "/x/file_list.rb\n"
                                   "  1@0 property line = 743\n"));
  EXPECT_THAT(described, HasSubstr("hash_value EXEEXT = \n"));
  EXPECT_THAT(described, HasSubstr("part defined_method_id = 12672"));
  EXPECT_THAT(described, HasSubstr("  0@1 ref = string1\n"));
  EXPECT_THAT(described, testing::Not(HasSubstr("dropped")));
}

TEST(FirstGem, AnIseqInAProcYieldsToItsOwnRecord) {
  const std::string proc =
      R"(,{"id":1000000000008,"bt":"T_DATA","type_name":"proc","iseq":{"id":1000000000016,"name":"block in x","line":7}}
)";
  const std::string iseq =
      R"(,{"id":1000000000016,"bt":"T_DATA","type_name":"iseq","size":564,"name":"x","line":5}
)";
  const std::string roots = "[{\"id\":\"_ROOTS_\"}\n";
  for (const std::string& dump :
       {roots + proc + proc.substr(0, 17) + "24" + proc.substr(19) + iseq + "]",
        roots + iseq + proc + "]"}) {
    const std::string described = DescribeAtEveryChunkSize(dump);
    EXPECT_THAT(described, HasSubstr("T_DATA iseq 'x' 564B"));
    EXPECT_THAT(described, testing::Not(HasSubstr("block in x")));
    EXPECT_THAT(described, testing::Not(HasSubstr("dropped")));
  }
}

TEST(DumpAll, ShapesAreCounted) {
  DumpText text;
  const auto read = text.Read(
      R"({"address":"0x40", "type":"ARRAY", "length":0, "memsize":40}
{"address":"0x100", "type":"SHAPE", "id":1, "parent_id":0, "depth":1}
{"address":"0x108", "type":"SHAPE", "id":2, "parent_id":1, "depth":2}
)");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(2u, read->shapes);
  EXPECT_EQ(1u, read->heap.object_count);
}

TEST(DumpAll, GivesCollectionsTheirLabelsWhereTheyAreSure) {
  const std::string dump =
      R"({"type":"ROOT", "root":"vm", "references":["0x40", "0x48"]}
{"address":"0x40", "type":"ARRAY", "class":"0x80", "length":2, "references":["0x48", "0x50"], "memsize":40, "flags":{"wb_protected":true, "old":true}}
{"address":"0x48", "type":"ARRAY", "class":"0x80", "length":3, "references":["0x40", "0x50"], "memsize":40}
{"address":"0x50", "type":"HASH", "class":"0x80", "size":1, "default":"0x40", "references":["0x58", "0x48", "0x40"], "memsize":168}
{"address":"0x58", "type":"STRING", "class":"0x80", "frozen":true, "bytesize":3, "value":"abc", "encoding":"UTF-8", "file":"a.rb", "line":4, "method":"m", "generation":2, "memsize":40}
{"address":"0x60", "type":"IMEMO", "class":"0x8", "imemo_type":"env", "references":["0x58"], "memsize":40}
{"address":"0x80", "type":"CLASS", "class":"0x80", "superclass":"0x88", "name":"Thing", "references":["0x88", "0x40"], "memsize":500}
{"address":"0x88", "type":"SHAPE", "id":7}
{"address":"0x68", "type":"STRING", "class":"0x80", "bytesize":2, "broken":true, "encoding":"EUC-JP", "memsize":40}
)";
  EXPECT_EQ(
      "ObjectSpace.dump_all\n"
      "root vm  -> 0x40\n"
      "root vm  -> 0x48\n"
      "0x40 T_ARRAY class 0x80 40B flags 2\n"
      "  index 0 -> 0x48\n"
      "  index 1 -> 0x50\n"
      "0x48 T_ARRAY class 0x80 40B\n"
      "  ref -> 0x40\n"
      "  ref -> 0x50\n"
      "  0@2 property length = 3\n"
      "0x50 T_HASH class 0x80 168B\n"
      "  hash_key 0 -> 0x58\n"
      "  hash_value 0x58 -> 0x48\n"
      "  part default -> 0x40\n"
      "0x58 T_STRING class 0x80 40B flags 1 at a.rb:4 \"abc\"\n"
      "0x60 T_IMEMO VM/env 40B\n"
      "  ref -> 0x58\n"
      "0x68 T_STRING class 0x80 40B\n"
      "  0@0 property broken = true\n"
      "  1@0 property enc = EUC-JP\n"
      "  2@0 property length = 2\n"
      "0x80 T_CLASS 'Thing' class 0x80 500B\n"
      "  super -> 0x88\n"
      "  ref -> 0x40\n"
      "0x88 (missing)\n",
      DescribeAtEveryChunkSize(dump));
}

TEST(DumpAll, ReadsWhatTheBuilderEmits) {
  HeapBuilder heap;
  auto& thing = heap.Class("Thing");
  auto& array = heap.Array();
  array.Element(heap.Object(thing)).Element("1");
  heap.Root("vm", array);
  EXPECT_EQ(
      "ObjectSpace.dump_all\n"
      "root vm  -> 0x1028\n"
      "0x1000 T_CLASS 'Thing' 40B\n"
      "0x1028 T_ARRAY 40B\n"
      "  ref -> 0x1050\n"
      "  0@1 property length = 2\n"
      "0x1050 T_OBJECT class 0x1000 40B\n",
      DescribeAtEveryChunkSize(heap.DumpAll()));
}

}  // namespace
}  // namespace heapq
