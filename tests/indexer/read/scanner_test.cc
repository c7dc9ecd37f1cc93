#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "indexer/base/simd.h"
#include "indexer/formats/line_scanner.h"
#include "tests/indexer/read/read_dump_fixture.h"

// The scanners of regular lines against yajl, the reference: over made-up and
// damaged dumps of both formats all of them must say the same.
namespace heapq {
namespace {

using Random = std::mt19937;

const char* Pick(Random& random, const std::vector<const char*>& from) {
  return from[random() % from.size()];
}

// Mostly what dumpers write, sometimes anything that could be there instead.
std::string Text(Random& random) {
  return Pick(random, {"\"abc\"",
                       "\"\"",
                       "\"a longer text, over 16 bytes\"",
                       "\"a\\\"b\\\\c\"",
                       "\"\\n\\t\\r\\b\\f\\/\"",
                       "\"\\u0041\\u0000\\u001f\"",
                       "\"\\u00e9\"",
                       "\"\\ud83d\\ude00\"",
                       "\"\\ud800\"",
                       "\"\\u12\"",
                       "\"\\x\"",
                       "\"h\xc3\xa9\"",
                       "\"\xff\xc3(\"",
                       "\"a\tb\"",
                       "\"a\x01\"",
                       "\"a\x7f\"",
                       "\"\xc3\\u0041\"",
                       "\"open",
                       "\"1\"",
                       "\"0x40\"",
                       "\"env\"",
                       "\"iseq\"",
                       "\"VM/thread\"",
                       "\"UTF-8\"",
                       "\"EUC-JP\""});
}

std::string Number(Random& random) {
  return Pick(
      random,
      {"0", "1", "40", "139809775539440", "9999999999999999", "4294967296",
       "12345678", "123456789", "18446744073709551615", "18446744073709551616",
       "99999999999999999999999", "-5", "1.5", "1e3", "007", "-0", "+1", "4 "});
}

std::string Address(Random& random) {
  if (random() % 12 != 0) {
    return absl::StrCat("\"0x", absl::Hex(8 * (random() % 40)), "\"");
  }
  return Pick(random, {"\"0x7f28b0469210\"", "\"0x0\"", "\"0x\"", "\"0X40\"",
                       "\"0xABCdef\"", "\"40\"", "\"0x41\"",
                       "\"0xffffffffffffffff\"", "\"0x10000000000000000\"",
                       "\"0x4g\"", "\" 0x40\"", "\"-0x40\"", "64"});
}

std::string Id(Random& random) {
  if (random() % 12 == 0) return Number(random);
  return absl::StrCat(8 * (random() % 40));
}

std::string Anything(Random& random) {
  switch (random() % 8) {
    case 0:
      return Text(random);
    case 1:
      return Number(random);
    case 2:
      return Address(random);
    case 3:
      return Id(random);
    default:
      return Pick(random, {"true", "false", "null", "[]", "{}", "[1]",
                           "{\"a\":1}", "[[1,2]]", "tru", "", "[1,]", "{1}"});
  }
}

// `value`, or with a small chance something else.
std::string Mostly(Random& random, const std::string& value) {
  return random() % 25 == 0 ? Anything(random) : value;
}

template <typename Value>
std::string Several(Random& random, const char* separator, Value value) {
  std::string list;
  for (size_t n = random() % 4; n > 0; --n) {
    absl::StrAppend(&list, list.empty() ? "" : separator, value());
  }
  return list;
}

std::string DumpAllLine(Random& random) {
  const char* const separator = random() % 15 != 0 ? ", " : ",";
  std::string line = absl::StrCat(
      "{", random() % 30 != 0 ? "" : "\"x\":1, ",
      "\"address\":", Mostly(random, Address(random)), ", \"type\":\"",
      Pick(random, {"OBJECT", "STRING", "ARRAY", "HASH", "CLASS", "IMEMO",
                    "SYMBOL", "DATA", "ROOT", "SHAPE", "WEIRD", "STRUCT"}),
      "\"");
  for (size_t n = random() % 9; n > 0; --n) {
    absl::StrAppend(&line, separator);
    const auto field = [&](const char* key, const std::string& value) {
      absl::StrAppend(&line, "\"", key, "\":", Mostly(random, value));
    };
    switch (random() % 12) {
      case 0:
        field(Pick(random, {"class", "superclass", "default", "address"}),
              Address(random));
        break;
      case 1:
      case 2:
      case 3:
        field("references",
              absl::StrCat(
                  "[",
                  Several(random, separator,
                          [&] { return Mostly(random, Address(random)); }),
                  "]"));
        break;
      case 4:
        field(Pick(random, {"memsize", "length", "size", "bytesize", "line",
                            "generation", "fd", "ivars", "capacity", "novel",
                            "shape_id", "slot_size"}),
              random() % 2 == 0 ? absl::StrCat(random() % 4) : Number(random));
        break;
      case 5:
      case 6:
        field(Pick(random, {"frozen", "shared", "fstring", "embedded",
                            "singleton", "broken", "novel_flag"}),
              random() % 4 == 0 ? "false" : "true");
        break;
      case 7:
        field("flags",
              Pick(random,
                   {"{\"wb_protected\":true, \"old\":true, \"marked\":true}",
                    "{\"old\":true}", "{\"old\":false}", "{}",
                    "{\"wb_protected\":true,\"old\":true}",
                    "{\"old\":{\"old\":true}}", "{\"a\":1}", "{\"old\":true,}",
                    "{,\"old\":true}"}));
        break;
      default:
        field(Pick(random, {"value", "name", "struct", "imemo_type", "file",
                            "method", "encoding", "real_class_name", "mid",
                            "called_id", "root", "coderange", "type",
                            "a_key_of_"
                            "sixteen",
                            "a_key_that_is_longer", "odd\\u0041"}),
              Text(random));
    }
  }
  return line + "}";
}

std::string NameMap(Random& random) {
  return absl::StrCat(
      "{",
      Several(random, ",",
              [&] {
                return absl::StrCat(
                    Pick(random, {"\"@a\"", "\"@b\"", "\"$c\"", "\"\"",
                                  "\"@\\u0041\"", "\"h\xc3\xa9\""}),
                    ":", Mostly(random, Id(random)));
              }),
      "}");
}

std::string List(Random& random) {
  return absl::StrCat(
      "[", Several(random, ",", [&] { return Mostly(random, Id(random)); }),
      "]");
}

std::string Format2Line(Random& random) {
  std::string line = absl::StrCat(",{\"id\":", Mostly(random, Id(random)));
  for (size_t n = random() % 9; n > 0; --n) {
    const auto field = [&](const char* key, const std::string& value) {
      absl::StrAppend(&line, ",\"", key, "\":", Mostly(random, value));
    };
    switch (random() % 14) {
      case 0:
      case 1:
        field("bt", absl::StrCat("\"",
                                 Pick(random, {"T_OBJECT", "T_STRING",
                                               "T_ARRAY", "T_HASH", "T_CLASS",
                                               "T_IMEMO", "T_SYMBOL", "T_NEW"}),
                                 "\""));
        break;
      case 2:
        field(Pick(random, {"class", "super", "default", "attached", "_id",
                            "of", "env"}),
              Id(random));
        break;
      case 3:
        field(Pick(random, {"size", "slot_size", "line", "generation", "length",
                            "capacity", "fd", "arity", "from"}),
              Number(random));
        break;
      case 4:
        field(Pick(random, {"frozen", "old", "shared", "fstring", "embedded",
                            "singleton", "escaped", "truncated", "lambda"}),
              random() % 4 == 0 ? "false" : "true");
        break;
      case 5:
      case 6:
        field(Pick(random, {"ivs", "cvars", "consts", "members", "locals",
                            "variables", "weak", "parts"}),
              NameMap(random));
        break;
      case 7:
      case 8:
        field(Pick(random, {"val", "refs", "weak", "literals", "ivs"}),
              List(random));
        break;
      case 9:
        field("val",
              absl::StrCat("[",
                           Several(random, ",",
                                   [&] {
                                     return absl::StrCat(
                                         "[",
                                         random() % 2 == 0 ? Id(random)
                                                           : Text(random),
                                         ",", Mostly(random, Id(random)), "]");
                                   }),
                           "]"));
        break;
      case 10:
        field("methods",
              Pick(random, {"{\"go\":{\"ment\":72,\"visibility\":\"private\"}}",
                            "{\"go\":\"(CFUNC)\",\"to\":{\"iseq\":8}}",
                            "{\"go\":{\"ment\":[72]}}", "{\"go\":{}}",
                            "[[\"a.b\",{\"ment\":72}]]"}));
        break;
      case 11:
        field("frames", "[{\"iseq\":72,\"label\":\"go\",\"line\":3}]");
        break;
      default:
        field(Pick(random, {"type_name", "name", "file", "method", "val", "enc",
                            "status", "filename", "novel", "bt"}),
              Text(random));
    }
  }
  return line + "}";
}

void Damage(Random& random, std::string* dump) {
  for (size_t n = random() % 4; n > 0 && !dump->empty(); --n) {
    const size_t at = random() % dump->size();
    switch (random() % 4) {
      case 0:
        (*dump)[at] = static_cast<char>(random());
        break;
      case 1:
        (*dump)[at] = Pick(random, {"\n", "\"", "\\", ",", "}", " ", "\r"})[0];
        break;
      case 2:
        dump->erase(at, 1 + random() % 9);
        break;
      default:
        dump->insert(at, dump->substr(random() % dump->size(), random() % 30));
    }
  }
}

std::string MadeUpDump(Random& random) {
  const bool format2 = random() % 2 == 0;
  std::string dump =
      format2
          ? "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}"
          : "{\"type\":\"ROOT\", \"root\":\"vm\", \"references\":[\"0x40\"]}";
  dump += "\n";
  std::string lines;
  for (size_t n = 1 + random() % 12; n > 0; --n) {
    lines += format2 ? Format2Line(random) : DumpAllLine(random);
    lines += random() % 40 == 0 ? "\r\n" : "\n";
  }
  if (random() % 3 == 0) Damage(random, &lines);
  dump += lines;
  if (format2 && random() % 4 != 0) {
    dump += ",{\"id\":\"_END_\",\"objects\":3}]\n";
  }
  if (random() % 10 == 0) dump.pop_back();
  return dump;
}

TEST(Scanner, SaysWhatYajlSays) {
  const unsigned seed = 20261126;
  Random random(seed);
  DumpText text;
  for (int i = 0; i < 4000; ++i) {
    const std::string dump = MadeUpDump(random);
    ReadOptions options;
    options.spill_dir = text.dir().path();
    options.decoder = Decoder::kYajl;
    const std::string path = text.dir().Write("dump.json", dump);
    const std::string expected = DumpText::Outcome(ReadDump(path, options));
    for (const Decoder decoder : {Decoder::kScanner, Decoder::kPortable}) {
      options.decoder = decoder;
      options.threads = 1 + static_cast<int>(random() % 3);
      options.chunk_size =
          random() % 3 == 0 ? 1 << 16 : 1 + random() % (2 * dump.size());
      ASSERT_EQ(expected, DumpText::Outcome(ReadDump(path, options)))
          << "seed " << seed << ", dump " << i << ", blocks of "
          << options.chunk_size << ", " << options.threads << " threads:\n"
          << dump;
    }
  }
}

// Lines that dumpers write must not be left to yajl.
void ExpectUnderstood(DumpFormat format, std::string lines) {
  const size_t size = lines.size();
  lines.append(kReadAhead, '\0');
  for (const bool portable : {false, true}) {
    RecordBatch batch;
    batch.ReserveText(size);
    const auto scanner = MakeLineScanner(format, portable);
    const char* const end =
        scanner->Scan(lines.data(), lines.data(), lines.data() + size, &batch);
    EXPECT_EQ(size, static_cast<size_t>(end - lines.data()))
        << "stopped before " << std::string(end).substr(0, 100);
  }
}

TEST(Scanner, UnderstandsWhatRubyWrites) {
  ExpectUnderstood(
      DumpFormat::kDumpAll,
      R"({"address":"0x7f28b44b3870", "type":"CLASS", "class":"0x7f28b44b37f8", "superclass":"0x7f28b44b3a78", "name":"Gem::Error", "references":["0x7f28b44b3a78", "0x7f28b44b35c8"], "memsize":544, "flags":{"wb_protected":true, "old":true, "uncollectible":true, "marked":true}}
{"address":"0x7f28b44b3898", "type":"STRING", "class":"0x7f28b446a440", "frozen":true, "embedded":true, "fstring":true, "bytesize":21, "value":"[a-z_]\\w*|\\|[^|\\n]+\\|", "encoding":"US-ASCII", "file":"/usr/lib/x.rb", "line":536, "method":"load", "generation":30, "memsize":40, "flags":{"wb_protected":true, "old":true}}
{"address":"0x7f28b44b38e8", "type":"IMEMO", "class":"0x8", "imemo_type":"cref", "references":["0x7f28b44a9e60"], "memsize":40, "flags":{}}
{"address":"0x7f28b0469350", "type":"ARRAY", "class":"0x7f28b447bfb0", "frozen":true, "length":2, "embedded":true, "references":["0x7f28b0464210", "0x8"], "memsize":40, "flags":{"wb_protected":true}}
{"address":"0x7f28b0469358", "type":"STRING", "shape_id":1, "slot_size":40, "class":"0x7f28b447bfb0", "embedded":true, "bytesize":5, "value":"h\u0000", "encoding":"UTF-8", "coderange":"7bit", "memsize":40, "flags":{"wb_protected":true}}
{"address":"0x8", "type":"HASH", "class":"0x10", "size":1, "references":["0x18", "0x20"], "memsize":168, "flags":{"wb_protected":true}}
)");
}

TEST(Scanner, UnderstandsWhatTheGemWrites) {
  ExpectUnderstood(
      DumpFormat::kHeapDump2,
      R"lines(,{"id":140213,"bt":"T_OBJECT","class":140253,"size":40,"ivs":{"@handlers":140293,"@count":"3","@name":null}}
,{"id":140293,"bt":"T_HASH","class":140333,"size":168,"old":true,"val":[[":request",140373],[140413,140453],["1","2"]],"default":"0"}
,{"id":140373,"bt":"T_ARRAY","class":140493,"size":40,"frozen":true,"val":[140533,"17",true,null]}
,{"id":140413,"bt":"T_STRING","class":140573,"size":40,"file":"a.rb","line":7,"method":"m","generation":3,"val":"hel\nlo"}
,{"id":140533,"bt":"T_DATA","type_name":"proc","class":140613,"size":80,"lambda":false,"self":140213,"env":140653,"iseq":140693}
,{"id":140653,"bt":"T_IMEMO","type_name":"VM/env","size":72,"iseq":140733,"self":140213,"locals":{"request":140413},"prev":140773}
,{"id":140693,"bt":"T_IMEMO","type_name":"iseq","size":880,"type":"block","name":"block in start","filename":"/app/app.rb","line":42,"parent":140733,"literals":[140413]}
,{"id":140701,"bt":"T_CLASS","class":140253,"size":500,"name":"A::B","super":8,"methods":{"go":{"ment":72,"visibility":"private"},"to":"(CFUNC)"},"consts":{"C":8},"cvars":{},"refs":[72,80],"weak":{"owner":64}}
,{"id":140709,"bt":"T_ARRAY","class":140253,"size":40,"shared":true,"shared_root":72,"weak":[80,88]}
)lines");
}

}  // namespace
}  // namespace heapq
