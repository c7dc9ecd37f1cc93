#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "indexer/base/utf8.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/heap_builder.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string SmallDump() {
  HeapBuilder heap;
  auto& array = heap.Array();
  array.Element(heap.String("one")).Element(heap.String("two"));
  heap.Global("$list", array);
  return heap.Format2();
}

// A chunk size that cuts lines in odd places.
constexpr size_t kChunk = 7;

TEST(Damage, GarbageLineIsCountedWithItsPlaceAndSkipped) {
  std::string dump = SmallDump();
  const size_t third = dump.find('\n', dump.find('\n') + 1) + 1;
  dump.insert(third, "%%% garbage %%%\n");
  DumpText text;
  auto read = text.Read(dump, kChunk);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(3u, read->heap.object_count);
  EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("malformed_line", 1)));
  EXPECT_EQ(3u, read->drops.first()[0].line);
  EXPECT_EQ(third, read->drops.first()[0].byte);
  EXPECT_THAT(text.Read(dump, kChunk, true),
              StatusIs(absl::StatusCode::kDataLoss,
                       ":3 (byte " + std::to_string(third) + ")"));
}

TEST(Damage, BrokenJsonOfEverySortIsOneDropEach) {
  for (const char* line : {",{\"id\":64,\"bt\":\"T_OBJECT\"",
                           ",{\"id\":64,}",
                           ",{\"id\":64} trailing",
                           ",{\"id\":64}}",
                           ",{\"id\":64},{}",
                           ",{\"id\":64}{\"id\":72}",
                           ",{\"id\":64} 1",
                           ",{\"id\":64} \"a",
                           ",{\"id\":64}]tr",
                           ",{\"id\":64}[1]",
                           ",[1,2]",
                           ",17",
                           ",{\"bt\":\"T_OBJECT\"}",
                           ",{\"id\":-5}",
                           ",{\"id\":64,\"size\":1e3}",
                           ",{\"id\":99999999999999999999,\"bt\":\"T_OBJECT\"}",
                           ",{\"id\":0}",
                           ",{\"id\":[1]}",
                           ",{}",
                           ",,{\"id\":64}"}) {
    SCOPED_TRACE(line);
    std::string dump = SmallDump();
    dump.insert(dump.find('\n') + 1, std::string(line) + "\n");
    DumpText text;
    auto read = text.Read(dump, kChunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(3u, read->heap.object_count) << DumpText::Describe(&*read);
    EXPECT_EQ(0u, read->heap.ghost_count);
    EXPECT_EQ(1u, read->drops.first().size()) << DumpText::Describe(&*read);
    EXPECT_EQ(2u, read->drops.first()[0].line);
  }
}

TEST(Damage, CutAtAnyByteKeepsWhatIsWholeAndSaysSo) {
  const std::string dump = SmallDump();
  DumpText text;
  const size_t header = dump.find('\n');
  for (size_t cut = header; cut + 2 < dump.size(); ++cut) {
    SCOPED_TRACE(cut);
    auto read = text.Read(dump.substr(0, cut), kChunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(read->truncated);
    EXPECT_FALSE(read->drops.empty());
  }
  for (size_t cut = 0; cut < header; ++cut) {  // no whole record at all
    EXPECT_FALSE(text.Read(dump.substr(0, cut), kChunk).ok()) << cut;
  }
}

TEST(Damage, FlippedBytesNeverCrash) {
  HeapBuilder heap;
  auto& array = heap.Array();
  array.Element(heap.String("one"));
  heap.Root("vm", array);
  for (const std::string& dump : {SmallDump(), heap.DumpAll()}) {
    std::mt19937 random(1);
    DumpText text;
    for (int i = 0; i < 1000; ++i) {
      std::string damaged = dump;
      for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
        damaged[random() % damaged.size()] =
            static_cast<char>(random() % 4 == 0 ? '\n' : random());
      }
      auto read = text.Read(damaged, 1 + random() % 64);
      if (read.ok()) DumpText::Describe(&*read);
    }
  }
}

TEST(Damage, DuplicateAddressCountsOnceAndTheFirstStays) {
  std::string dump = SmallDump();
  dump.insert(dump.find(",{\"id\":\"_END_\""),
              ",{\"id\":4096,\"bt\":\"T_HASH\",\"val\":[[\":a\",99]]}\n");
  DumpText text;
  auto read = text.Read(dump, kChunk);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(DumpText::Describe(&*read), HasSubstr("0x1000 T_ARRAY"));
  EXPECT_EQ(0u, read->heap.ghost_count) << "the dropped record's reference";
  EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("duplicate_address", 1)));
}

// As labels of fields, of edges, and in frames.
TEST(Damage, WhatADroppedRecordRefersToIsNotMissing) {
  std::string dump = SmallDump();
  dump.insert(
      dump.find(",{\"id\":\"_END_\""),
      ",{\"id\":4096,\"bt\":\"T_HASH\",\"val\":[[888,\"1\"],[896,904]]}\n"
      ",{\"id\":4096,\"bt\":\"T_DATA\",\"type_name\":\"VM/thread\","
      "\"frames\":[{\"iseq\":912,\"label\":\"go\",\"line\":3}]}\n");
  DumpText text;
  auto read = text.Read(dump, kChunk);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("duplicate_address", 2)));
  EXPECT_EQ(0u, read->heap.ghost_count) << DumpText::Describe(&*read);
}

TEST(Damage, TwoDumpsInOneFileAreNamed) {
  DumpText text;
  auto read = text.Read(SmallDump() + SmallDump(), kChunk);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(1u, read->drops.totals().count("concatenated"));
  EXPECT_EQ(3u, read->heap.object_count);
}

TEST(Damage, EndRecordThatCountsOtherwiseIsReported) {
  std::string dump = SmallDump();
  const std::string count = "\"objects\":3";
  dump.replace(dump.find(count), count.size(), "\"objects\":9");
  DumpText text;
  auto read = text.Read(dump, kChunk);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("count_mismatch", 1)));
}

TEST(Damage, LineFeedInAFileNameIsPartOfTheRecord) {
  const std::string dump =
      "{\"address\":\"0x40\", \"type\":\"STRING\", \"file\":\"odd\nna\tme\x01"
      ".rb\", \"line\":3, \"memsize\":40}\n"
      "{\"address\":\"0x48\", \"type\":\"STRING\", \"memsize\":40, "
      "\"file\":\"x\n"
      "{\"address\":\"0x50\", \"type\":\"STRING\", \"memsize\":40}\n";
  DumpText text;
  for (size_t chunk : {size_t{1000}, size_t{200}}) {
    auto read = text.Read(dump, chunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(2u, read->heap.object_count) << DumpText::Describe(&*read);
    EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("malformed_line", 1)));
  }
}

TEST(Damage, ALineBehindAnUnfinishedOneHasItsOwnPlace) {
  const std::string head =
      "{\"address\":\"0x40\", \"type\":\"STRING\", \"file\":\"x\n\n \n";
  DumpText text;
  for (const size_t chunk : {size_t{1}, size_t{3}, size_t{1000}}) {
    auto read =
        text.Read(head +
                      "{\"address\":\"nonsense\", \"type\":\"STRING\"}\n"
                      "{\"address\":\"0x50\", \"type\":\"STRING\"}\n",
                  chunk);
    ASSERT_THAT(read, IsOk());
    ASSERT_EQ(2u, read->drops.first().size());
    EXPECT_EQ(1u, read->drops.first()[0].line);
    EXPECT_EQ(4u, read->drops.first()[1].line);
    EXPECT_EQ(head.size(), read->drops.first()[1].byte);
  }
}

// A tab or a carriage return is JSON between the values, but not in a text.
TEST(Damage, ControlBytesAreTakenWhereverAChunkEnds) {
  const std::string dump =
      "{\"address\":\"0x40\",\t\"type\":\"STRING\",\r\"file\":\"a\tb\\\\\","
      "\t\"method\":\"c\rd\\\"\te\x01\", \"line\":3}\r\n";
  DumpText text;
  auto whole = text.Read(dump);
  ASSERT_THAT(whole, IsOk());
  const std::string expected = DumpText::Describe(&*whole);
  EXPECT_THAT(expected, HasSubstr("at a\tb\\:3"));
  for (size_t chunk = 1; chunk < dump.size(); ++chunk) {
    auto read = text.Read(dump, chunk);
    ASSERT_THAT(read, IsOk()) << chunk;
    EXPECT_EQ(expected, DumpText::Describe(&*read)) << chunk;
  }
}

TEST(Damage, LinesEndInCrLfAndTheFileBeginsWithAByteOrderMark) {
  std::string dump = "\xef\xbb\xbf";
  for (const char c : SmallDump()) {
    if (c == '\n') dump += '\r';
    dump += c;
  }
  DumpText text;
  for (size_t chunk = 1; chunk < 40; ++chunk) {
    auto read = text.Read(dump, chunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(read->drops.empty()) << DumpText::Describe(&*read);
    EXPECT_EQ(3u, read->heap.object_count);
  }
}

TEST(Damage, TextIsValidUtf8WhateverTheFileHolds) {
  DumpText text;
  auto read = text.Read(
      "{\"address\":\"0x40\",\"type\":\"STRING\",\"value\":\"a\xff\xc3("
      "\\ud800\","
      "\"memsize\":1}\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(DumpText::Describe(&*read),
              HasSubstr("a\xef\xbf\xbd\xef\xbf\xbd("));
}

// Texts of one object each, by id.
std::vector<std::string> Texts(Dump* dump) {
  std::vector<std::string> texts(dump->heap.object_count + 1);
  EXPECT_THAT(dump->text->ForEachString(
                  [&](ObjectId id, std::string_view text) -> absl::Status {
                    texts[id] = std::string(text);
                    return absl::OkStatus();
                  }),
              IsOk());
  return texts;
}

TEST(Damage, OfAVeryLongTextTheBeginningIsKept) {
  constexpr size_t kMegabyte = 1 << 20;
  // Escapes, and characters of several bytes, which must not be cut in two.
  for (const char* unit : {"x", "\\\"y", "\\u00e4", "\xe2\x82\xac"}) {
    SCOPED_TRACE(unit);
    std::string value;
    while (value.size() < 5 * kMegabyte / 2) value += unit;
    const std::string dump =
        "{\"address\":\"0x40\",\"type\":\"STRING\",\"value\":\"" + value +
        "\",\"memsize\":7,\"references\":[\"0x80\"]}\n"
        "{\"address\":\"0x80\",\"type\":\"STRING\",\"value\":\"short\"}\n";
    DumpText text;
    std::string first;
    for (const size_t chunk :
         {size_t{1} << 12, size_t{77777}, size_t{1} << 19, size_t{1} << 22}) {
      auto read = text.Read(dump, chunk);
      ASSERT_THAT(read, IsOk());
      EXPECT_TRUE(read->drops.empty());
      ASSERT_EQ(2u, read->heap.object_count);
      EXPECT_EQ(7u, read->heap.size[1]);
      EXPECT_EQ(1u, read->heap.edges.count);
      EXPECT_EQ(0, read->heap.flags[2] & kTruncated);
      const std::vector<std::string> texts = Texts(&*read);
      EXPECT_EQ("short", texts[2]);
      EXPECT_EQ(texts[1].size(), ValidUtf8Prefix(texts[1]));
      EXPECT_EQ(std::string::npos, texts[1].find("\xef\xbf\xbd"));
      if (chunk > dump.size()) {  // it was there as a whole
        EXPECT_EQ(0u, read->texts_cut);
        EXPECT_EQ(first, texts[1].substr(0, first.size()));
        continue;
      }
      EXPECT_EQ(1u, read->texts_cut);
      EXPECT_NE(0, read->heap.flags[1] & kTruncated);
      EXPECT_GE(kMegabyte + 8, texts[1].size());
      EXPECT_LE(kMegabyte / 6, texts[1].size());
      if (first.empty()) first = texts[1];
      EXPECT_EQ(first, texts[1]);
    }
  }
}

// A dump in each format that heapq reads, with the same three objects, and a
// line of that format for a fourth.
struct InFormat {
  const char* format;
  std::string dump;
  std::string line;
};
std::vector<InFormat> EachFormat() {
  HeapBuilder heap;
  auto& array = heap.Array();
  array.Element(heap.String("one")).Element(heap.String("two"));
  heap.Root("vm", array);
  return {{"heap_dump 2", heap.Format2(), ",{\"id\":64,\"bt\":\"T_OBJECT\"}"},
          {"heap_dump 1",
           "[{\"id\":\"_ROOTS_\",\"vm\":[268439552]}\n"
           ",{\"id\":268439552,\"bt\":\"T_ARRAY\",\"val\":[268439592,"
           "\"two\"]}\n"
           ",{\"id\":268439592,\"bt\":\"T_STRING\",\"val\":\"one\"}\n"
           ",{\"id\":268439632,\"bt\":\"T_STRING\",\"val\":\"two\"}\n]\n",
           ",{\"id\":64,\"bt\":\"T_OBJECT\"}"},
          {"ObjectSpace.dump_all", heap.DumpAll(),
           "{\"address\":\"0x40\", \"type\":\"OBJECT\"}"}};
}

// `dump` with `line` behind its first line.
std::string WithLine(const std::string& dump, const std::string& line) {
  std::string with = dump;
  with.insert(with.find('\n') + 1, line + "\n");
  return with;
}

TEST(DamageInEachFormat, BadLinesAreCountedAndStrictNamesThem) {
  const std::string deep = std::string(100000, '[');
  for (const InFormat& in : EachFormat()) {
    const bool addresses = in.format == std::string("ObjectSpace.dump_all");
    const size_t second = in.dump.find('\n') + 1;
    const std::string twice = in.line + in.line.substr(in.line.find('{'));
    for (const std::string& line :
         {std::string("%%%"), std::string("{\"a\":1"), std::string("\xff\xfe"),
          in.line + " x", twice,
          addresses ? std::string("{\"address\":\"0x10000000000000000\", "
                                  "\"type\":\"OBJECT\"}")
                    : std::string(",{\"id\":18446744073709551616}"),
          addresses ? std::string("{\"address\":\"0x40\", \"type\":\"OBJECT\","
                                  " \"memsize\":-1}")
                    : std::string(",{\"id\":64,\"size\":-1}"),
          std::string("{\"x\":") + deep,
          std::string("{\"x\":{\"y\":") + deep}) {
      SCOPED_TRACE(absl::StrCat(in.format, " ", line.substr(0, 60)));
      const std::string dump = WithLine(in.dump, line);
      DumpText text;
      auto read = text.Read(dump, kChunk);
      ASSERT_THAT(read, IsOk());
      EXPECT_EQ(in.format, TraitsOf(read->format).name);
      // The second of two records on a line is whole.
      EXPECT_EQ(line == twice ? 4u : 3u, read->heap.object_count)
          << DumpText::Describe(&*read);
      EXPECT_FALSE(read->drops.empty());
      EXPECT_THAT(text.Read(dump, kChunk, true),
                  StatusIs(absl::StatusCode::kDataLoss,
                           absl::StrCat(":2 (byte ", second, ")")));
    }
  }
}

TEST(DamageInEachFormat, WhatIsOddButWholeIsTaken) {
  for (const InFormat& in : EachFormat()) {
    SCOPED_TRACE(in.format);
    std::string dump = WithLine(in.dump, "\n \n" + in.line + "\n");
    const size_t declared = dump.find("\"objects\":3");
    if (declared != std::string::npos) dump[declared + 10] = '4';
    std::string crlf = "\xef\xbb\xbf";
    for (const char c : dump) {
      if (c == '\n') crlf += '\r';
      crlf += c;
    }
    DumpText text;
    auto read = text.Read(crlf, kChunk, true);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(4u, read->heap.object_count);
  }
}

TEST(DamageInEachFormat, AddressesTwiceNowhereAndInRings) {
  for (const InFormat& in : EachFormat()) {
    SCOPED_TRACE(in.format);
    const bool addresses = in.format == std::string("ObjectSpace.dump_all");
    const std::string ring =
        addresses
            ? "{\"address\":\"0x10000040\", \"type\":\"OBJECT\", "
              "\"references\":[\"0x10000040\", \"0x10000048\"]}\n"
              "{\"address\":\"0x10000048\", \"type\":\"OBJECT\", "
              "\"references\":[\"0x10000040\", \"0x20000048\"]}\n"
              "{\"address\":\"0x10000048\", \"type\":\"STRING\"}"
            : ",{\"id\":268435520,\"bt\":\"T_OBJECT\",\"refs\":[268435520,"
              "268435528]}\n"
              ",{\"id\":268435528,\"bt\":\"T_OBJECT\",\"refs\":[268435520,"
              "536870984]}\n"
              ",{\"id\":268435528,\"bt\":\"T_STRING\"}";
    DumpText text;
    auto read = text.Read(WithLine(in.dump, ring), kChunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(5u, read->heap.object_count);
    EXPECT_EQ(1u, read->heap.ghost_count);
    EXPECT_EQ(1u, read->drops.totals().at("duplicate_address"));
    EXPECT_EQ(4u, read->drops.first()[0].line);
  }
}

TEST(DamageInEachFormat, CutAnywhereNothingIsInvented) {
  for (const InFormat& in : EachFormat()) {
    DumpText text;
    const size_t first = in.dump.find('\n');
    for (size_t cut = first + 1; cut < in.dump.size(); ++cut) {
      SCOPED_TRACE(absl::StrCat(in.format, " cut at ", cut));
      const std::string part = in.dump.substr(0, cut);
      auto read = text.Read(part, kChunk);
      ASSERT_THAT(read, IsOk());
      EXPECT_LE(read->heap.object_count, 3u);
      // A dump_all has no end by which a cut between two lines shows.
      const bool shows = in.format != std::string("ObjectSpace.dump_all") ||
                         (part.back() != '\n' && part.back() != '}');
      if (shows && cut + 2 < in.dump.size()) {
        EXPECT_TRUE(read->truncated);
        EXPECT_THAT(text.Read(part, kChunk, true),
                    StatusIs(absl::StatusCode::kDataLoss, "(byte "));
      }
    }
  }
}

TEST(DamageInEachFormat, TwoDumpsInOneFileAreTold) {
  for (const InFormat& in : EachFormat()) {
    SCOPED_TRACE(in.format);
    DumpText text;
    auto read = text.Read(in.dump + in.dump, kChunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(3u, read->heap.object_count);
    EXPECT_EQ(1u, read->heap.roots.size());
    EXPECT_FALSE(read->drops.empty());
    EXPECT_FALSE(text.Read(in.dump + in.dump, kChunk, true).ok());
    EXPECT_EQ("concatenated", read->drops.first()[0].reason);
    EXPECT_EQ(in.dump.size(), read->drops.first()[0].byte);
  }
}

// Somebody sorted the lines.
TEST(Damage, RootsBehindTheObjectsAreNoSecondDump) {
  DumpText text;
  auto read = text.Read(
      "{\"address\":\"0x40\", \"type\":\"STRING\", \"memsize\":40}\n"
      "{\"type\":\"ROOT\", \"root\":\"machine\", \"references\":[\"0x40\"]}\n"
      "{\"type\":\"ROOT\", \"root\":\"vm\", \"references\":[\"0x40\"]}\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->drops.empty());
  EXPECT_EQ(2u, read->heap.roots.size());
}

TEST(DamageInEachFormat, FlippedBytesNeverCrash) {
  for (const InFormat& in : EachFormat()) {
    std::mt19937 random(7);
    DumpText text;
    for (int i = 0; i < 500; ++i) {
      std::string damaged = in.dump;
      for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
        damaged[random() % damaged.size()] ^=
            static_cast<char>(1U << random() % 8);
      }
      auto read = text.Read(damaged, 1 + random() % 64);
      if (read.ok()) DumpText::Describe(&*read);
    }
  }
}

TEST(Damage, DetailsOfAnyLengthAreToldInShort) {
  DumpText text;
  auto read =
      text.Read("{\"type\":\"ROOT\",\"root\":\"vm\"}\n{\"address\":\"" +
                std::string(1 << 20, 'x') + "\",\"type\":\"STRING\"}\n");
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(1u, read->drops.first().size());
  EXPECT_LT(read->drops.first()[0].detail.size(), 1000u);
}

TEST(Damage, APlaceOfEachReasonIsToldHoweverManyThereAreOfAnother) {
  std::string dump = SmallDump();
  std::string garbage;
  for (int i = 0; i < 2000; ++i) garbage += "%%%\n";
  dump.insert(dump.find('\n') + 1, garbage);
  dump.resize(dump.size() - 20);
  DumpText text;
  auto read = text.Read(dump);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->drops.totals(),
              ElementsAre(Pair("malformed_line", 2000), Pair("truncated", 1)));
  EXPECT_EQ(1001u, read->drops.first().size());
  EXPECT_EQ("truncated", read->drops.first().back().reason);
}

TEST(Damage, HostileNestingIsRefusedWithoutHarm) {
  std::string deep = ",{\"id\":64,\"x\":";
  deep.append(100000, '[').append(100000, ']').append("}\n");
  std::string dump = SmallDump();
  dump.insert(dump.find('\n') + 1, deep);
  DumpText text;
  auto read = text.Read(dump);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("malformed_line", 1)));
}

// Two programs wrote into one file: parts of lines, then whole ones.
TEST(Damage, OfTornLinesOnlyTheTornRecordIsLost) {
  const std::string root =
      R"({"type":"ROOT", "root":"vm", "references":["0x40"]})";
  const std::string record =
      R"({"address":"0x40", "type":"STRING", "class":"0x80", "value":"a {", "memsize":40})";
  const std::string other =
      R"({"address":"0x80", "type":"CLASS", "name":"String", "memsize":40})";
  const std::string last = R"({"address":"0x88", "type":"ARRAY", "length":0})";
  // Wherever the torn record ends, in a key, a string, or where a value would
  // begin, what is behind it is whole.
  for (size_t torn = 1; torn < record.size(); ++torn) {
    SCOPED_TRACE(record.substr(0, torn));
    for (const size_t chunk : {size_t{7}, size_t{1} << 16}) {
      DumpText text;
      auto read = text.Read(
          root + "\n" + record.substr(0, torn) + other + "\n" + last + "\n",
          chunk);
      ASSERT_THAT(read, IsOk());
      EXPECT_EQ(2u, read->heap.object_count) << DumpText::Describe(&*read);
      EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("malformed_line", 1)));
      EXPECT_EQ(2u, read->drops.first()[0].line);
    }
  }
  // The rest of a torn record, and roots behind one.
  DumpText text;
  auto read = text.Read(other + "\n" + record.substr(20) + last + "\n" +
                        record.substr(0, 30) + root + "\n" + record + "\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(3u, read->heap.object_count) << DumpText::Describe(&*read);
  EXPECT_THAT(read->drops.totals(),
              testing::Contains(Pair("malformed_line", 2)));
}

}  // namespace
}  // namespace heapq
