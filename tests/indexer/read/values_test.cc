// Values, and keys in places, that a format does not allow.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

using Texts = std::vector<const char*>;

// A chunk size that cuts lines in odd places.
constexpr size_t kChunk = 7;

// `"key":value` of each of both.
std::vector<std::string> Pairs(const Texts& keys, const Texts& values) {
  std::vector<std::string> pairs;
  for (const char* key : keys) {
    for (const char* value : values) {
      pairs.push_back(absl::StrCat("\"", key, "\":", value));
    }
  }
  return pairs;
}

// Format 2 with two objects, 0x1000 and 0x1008, and `line`.
std::string Format2With(const std::string& line) {
  return absl::StrCat(
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":\"_ROOTS_\",\"vm\":[4096]}\n"
      ",{\"id\":4096,\"bt\":\"T_OBJECT\",\"size\":40}\n"
      ",{\"id\":4104,\"bt\":\"T_HASH\",\"size\":40}\n",
      line, "\n,{\"id\":\"_END_\"}]\n");
}

// That `dump` is read but for its line `line`, which is counted as a bad
// record, by each decoder, and named under --strict.
void ExpectBadRecord(const std::string& dump, uint64_t line) {
  DumpText text;
  for (const Decoder decoder :
       {Decoder::kYajl, Decoder::kScanner, Decoder::kPortable}) {
    ReadOptions options;
    options.spill_dir = text.dir().path();
    options.decoder = decoder;
    const std::string path = text.dir().Write("dump.json", dump);
    auto read = ReadDump(path, options);
    ASSERT_THAT(read, IsOk());
    EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("bad_record", 1)))
        << DumpText::Describe(&*read);
    EXPECT_EQ(0u, read->heap.ghost_count);
    ASSERT_FALSE(read->drops.empty());
    EXPECT_EQ(line, read->drops.first()[0].line);
    options.strict = true;
    EXPECT_THAT(ReadDump(path, options),
                StatusIs(absl::StatusCode::kDataLoss,
                         absl::StrCat(":", line, " (byte ")));
  }
}

TEST(Values, APartOfAContinuationBehindItsListIsABadRecord) {
  for (const char* line :
       {",{\"id\":\"4104+1\",\"of\":4104,\"val\":[[4096,4104]],\"from\":5}",
        ",{\"id\":\"more\",\"vm\":[4104],\"of\":\"_ROOTS_\"}",
        ",{\"id\":\"4104+1\",\"of\":\"4104\",\"val\":[[4096,4104]]}"}) {
    SCOPED_TRACE(line);
    ExpectBadRecord(Format2With(line), 5);
  }
}

TEST(Values, ThatRubyDoesNotWriteInDumpAllAreBadRecords) {
  const auto dump = [](const std::string& fields) {
    return absl::StrCat(
        "{\"type\":\"ROOT\", \"root\":\"vm\", \"references\":[\"0x40\"]}\n"
        "{\"address\":\"0x40\", \"type\":\"STRING\", \"memsize\":40}\n"
        "{\"address\":\"0x48\", \"type\":\"STRING\", ",
        fields, "}\n");
  };
  std::vector<std::string> bad = {"\"references\":[64]",
                                  "\"references\":[null]",
                                  "\"references\":[[\"0x40\"]]",
                                  "\"references\":[{\"a\":\"0x40\"}]",
                                  "\"references\":[\"no\"]",
                                  "\"flags\":{\"old\":\"true\"}",
                                  "\"flags\":{\"old\":[true]}",
                                  "\"line\":-1",
                                  "\"generation\":1.5",
                                  "\"bytesize\":-1",
                                  "\"fd\":1.5",
                                  "\"fd\":1e3"};
  const auto behind = [&bad](const Texts& keys, const Texts& values) {
    for (const std::string& pair : Pairs(keys, values)) bad.push_back(pair);
  };
  behind({"memsize", "length", "size", "bytesize"},
         {"\"40\"", "true", "null", "[40]", "{\"a\":40}", "281474976710657",
          "9223372036854775807", "18446744073709551615"});
  behind({"line", "generation", "fd"}, {"\"3\"", "true", "null", "[3]"});
  behind({"class", "superclass", "default", "address"},
         {"64", "\"\"", "\"none\"", "null", "[\"0x40\"]"});
  behind({"type", "root", "value", "name", "called_id", "mid", "struct",
          "imemo_type", "file", "method", "encoding"},
         {"5", "true", "null", "[\"a\"]", "{\"a\":\"b\"}"});
  behind({"frozen", "shared", "fstring", "embedded", "singleton"},
         {"\"true\"", "1", "null", "[true]"});
  behind({"references"}, {"\"0x40\"", "64", "null", "{\"a\":\"0x40\"}"});
  behind({"flags"}, {"true", "\"old\"", "null", "[\"old\"]"});
  for (const std::string& fields : bad) {
    SCOPED_TRACE(fields);
    ExpectBadRecord(dump(fields), 3);
  }
}

// Closed files, a negative line given to eval, what a later Ruby may add.
TEST(Values, ThatRubyWritesInDumpAllAreNone) {
  DumpText text;
  for (const char* fields :
       {"\"fd\":-1", "\"line\":18446744073709551611", "\"memsize\":0",
        "\"memsize\":281474976710656", "\"flags\":{\"age\":3,\"old\":false}",
        "\"references\":[]", "\"novel\":{\"a\":[1]}", "\"novel\":null",
        "\"shape_id\":\"0x1\""}) {
    SCOPED_TRACE(fields);
    EXPECT_THAT(text.Read(absl::StrCat("{\"address\":\"0x48\", \"type\":"
                                       "\"FILE\", ",
                                       fields, "}\n"),
                          kChunk, true),
                IsOk());
  }
}

TEST(Values, ThatFormat2DoesNotAllowAreBadRecords) {
  std::vector<std::string> bad;
  const auto behind = [&bad](const Texts& keys, const Texts& values) {
    for (const std::string& pair : Pairs(keys, values)) {
      bad.push_back(
          absl::StrCat(",{\"id\":4112,\"bt\":\"T_OBJECT\",", pair, "}"));
    }
  };
  behind({"size", "slot_size", "length"},
         {"\"40\"", "true", "null", "[40]", "{\"a\":40}", "281474976710657",
          "9223372036854775807", "18446744073709551615"});
  // Before the type, which says what the locals are.
  bad.push_back(",{\"id\":4112,\"locals\":{\"a\":-8},\"bt\":\"T_IMEMO\"}");
  behind({"line", "generation", "from"},
         {"\"3\"", "true", "null", "[3]", "-1"});
  behind({"bt", "type_name"}, {"4096", "true", "null", "[\"a\"]"});
  behind({"class", "super"}, {"\"4096\"", "true", "[4096]", "-8"});
  behind({"frozen", "old", "shared", "fstring", "embedded", "singleton",
          "escaped", "truncated"},
         {"\"true\"", "4096", "null", "[true]"});
  behind({"val"}, {"4096", "true", "null", "{\"a\":4096}"});
  behind({"ivs", "cvars", "consts", "members", "locals", "methods", "weak"},
         {"\"0x1000\"", "4096", "true", "null"});
  behind({"refs", "frames"}, {"\"0x1000\"", "4096", "null", "{\"a\":4096}"});
  behind({"frames"}, {"[{\"label\":5}]", "[{\"line\":\"5\"}]",
                      "[{\"label\":\"a\",\"iseq\":\"4096\"}]",
                      "[{\"filename\":[4096]}]", "[{\"locals\":4096}]"});
  for (const char* roots :
       {"\"vm\":4096", "\"vm\":\"0x1000\"", "\"vm\":null",
        "\"vm\":[\"0x1000\"]", "\"vm\":[-1]", "\"vm\":[4096.5]",
        "\"vm\":[{\"a\":4096}]", "\"globals\":{\"$a\":[4096]}",
        "\"globals\":{\"$a\":-1}", "\"globals\":[[\"$a\",[4096]]]",
        "\"weak_categories\":\"vm\"", "\"weak_categories\":{\"a\":\"vm\"}",
        "\"weak_categories\":[1]"}) {
    bad.push_back(
        absl::StrCat(",{\"id\":\"_ROOTS_+1\",\"of\":\"_ROOTS_\",", roots, "}"));
  }
  for (const std::string& line : bad) {
    SCOPED_TRACE(line);
    ExpectBadRecord(Format2With(line), 5);
  }
}

// Parts may be called like keys of their own meaning elsewhere.
TEST(Values, ThatFormat2AllowsAreNone) {
  DumpText text;
  for (const char* line :
       {",{\"id\":4112,\"bt\":\"T_DATA\",\"name\":4096,\"file\":[4096],"
        "\"variables\":4096,\"method\":null,\"attached\":\":a\"}",
        ",{\"id\":4112,\"bt\":\"T_CLASS\",\"class\":null,\"super\":null,"
        "\"frozen\":false,\"size\":281474976710656}",
        ",{\"id\":4112,\"bt\":\"T_FILE\",\"fd\":-1,\"novel\":{\"a\":1}}",
        ",{\"id\":\"_ROOTS_+1\",\"of\":\"_ROOTS_\",\"_new\":\"a\",\"globals\":"
        "{\"$a\":null,\"$b\":\":c\",\"$d\":4096}}"}) {
    SCOPED_TRACE(line);
    EXPECT_THAT(text.Read(Format2With(line), kChunk, true), IsOk());
  }
}

TEST(Values, SizesInTheFirstFormat) {
  for (const char* size :
       {"\"40\"", "null", "281474976710657", "18446744073709551615"}) {
    SCOPED_TRACE(size);
    ExpectBadRecord(absl::StrCat("[{\"id\":\"_ROOTS_\",\"vm\":[268439552]}\n"
                                 ",{\"id\":268439552,\"bt\":\"T_ARRAY\"}\n"
                                 ",{\"id\":268439592,\"bt\":\"T_DATA\","
                                 "\"type_name\":\"x\",\"size\":",
                                 size, "}\n]\n"),
                    3);
  }
}

}  // namespace
}  // namespace heapq
