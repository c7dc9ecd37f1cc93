// Files that are not dumps, and packed ones.
#include <zlib.h>
#include <zstd.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/heap_builder.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

TEST(Refused, FilesThatAreNoDumps) {
  DumpText text;
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  for (const auto& [magic, unpack] :
       std::vector<std::pair<std::string, std::string>>{
           {"BZh91AY&SY", "bzip2 -dc "},
           {std::string("PK\x03\x04\x14\0", 6), "unzip -p "},
           {std::string("\xfd\x37zXZ\0", 6), "xz -dc "},
           {"\x04\x22\x4d\x18xx", "lz4 -dc "}}) {
    EXPECT_THAT(text.Read(magic), StatusIs(kInvalid, unpack));
  }
  EXPECT_THAT(text.Read(""), StatusIs(kInvalid, "empty"));
  EXPECT_THAT(text.Read("\n\n"), StatusIs(kInvalid, "no heap dump"));
  EXPECT_THAT(text.Read("hello\nworld\n"), StatusIs(kInvalid, "line 1"));
  EXPECT_THAT(text.Read(std::string(1 << 20, '\0')),
              StatusIs(kInvalid, "no heap dump"));
  EXPECT_THAT(text.Read("{\"some\":\"json\"}\n"),
              StatusIs(kInvalid, "no heap dump"));
  ReadOptions options;
  options.spill_dir = text.dir().path();
  EXPECT_THAT(ReadDump(text.dir().File("none"), options),
              StatusIs(absl::StatusCode::kNotFound, "none"));
  EXPECT_THAT(ReadDump(text.dir().path(), options),
              StatusIs(kInvalid, "folder"));
}

// Forms that people meet, each with the command that repairs it.
TEST(Refused, OddFormsAreNamed) {
  DumpText text;
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  const std::string root = R"({"type":"ROOT", "root":"vm", "references":[]})";
  const std::string record = R"({"address":"0x40", "type":"ARRAY"})";
  const std::string dump = root + "\n" + record + "\n";

  std::string tar = "app/dump.json";
  tar.resize(257, '\0');
  tar[156] = '0';
  tar += "ustar";
  tar.resize(512, '\0');
  EXPECT_THAT(text.Read(tar + dump),
              StatusIs(kInvalid, " app/dump.json | heapq load -"));

  std::string wide = "\xff\xfe";
  for (const char c : dump) wide += std::string{c, '\0'};
  EXPECT_THAT(text.Read(wide), StatusIs(kInvalid, "iconv -f UTF-16"));
  EXPECT_THAT(text.Read(wide.substr(2)), StatusIs(kInvalid, "iconv -f UTF-16"));

  EXPECT_THAT(text.Read("app-7f | " + root + "\napp-7f | " + record + "\n"),
              StatusIs(kInvalid, "sed 's/^[^{]*//' < "));
  EXPECT_THAT(text.Read(R"({"log":"{\"type\":\"ROOT\"}\n"})"),
              StatusIs(kInvalid, "jq -rj .log"));
  EXPECT_THAT(text.Read("{\n  \"type\": \"ROOT\",\n  \"root\": \"vm\"\n}\n"),
              StatusIs(kInvalid, "jq -c . < "));
  EXPECT_THAT(text.Read("[\n  {\n    \"id\": 64\n  }\n]\n"),
              StatusIs(kInvalid, "jq -c '.[]' < "));
}

TEST(Refused, NewerVersionsNameBoth) {
  DumpText text;
  EXPECT_THAT(text.Read("[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\","
                        "\"version\":3}\n,{\"id\":64,\"bt\":\"T_NEW\"}\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "version 3"));
  EXPECT_THAT(text.Read("[{\"id\":\"_HEADER_\",\"format\":\"other\"}\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "other"));
}

TEST(Refused, HeadersWithoutAVersion) {
  DumpText text;
  for (const char* version :
       {"", ",\"version\":\"2\"", ",\"version\":\"3\"", ",\"version\":null",
        ",\"version\":2.0", ",\"version\":-2", ",\"version\":0",
        ",\"version\":[2]", ",\"versoin\":2"}) {
    SCOPED_TRACE(version);
    EXPECT_THAT(
        text.Read(absl::StrCat("[{\"id\":\"_HEADER_\",\"format\":"
                               "\"heap_dump\"",
                               version,
                               "}\n,{\"id\":64,\"bt\":\"T_ARRAY\"}\n")),
        StatusIs(absl::StatusCode::kFailedPrecondition, "no \"version\""));
  }
}

std::string Gzip(const std::string& plain) {
  std::string packed(compressBound(plain.size()) + 64, '\0');
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string Zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(),
                              plain.size(), 3));
  return packed;
}

// For any block size, all that zlib took in must come out.
TEST(Packed, OfACutFileTheSameIsReadInBlocksOfAnySize) {
  HeapBuilder heap;
  for (int i = 0; i < 40; ++i) heap.Root("vm", heap.String("the same text"));
  const std::string plain = heap.Format2();
  DumpText text;
  for (const std::string& packed : {Gzip(plain), Zstd(plain)}) {
    for (size_t cut = packed.size() / 2; cut < packed.size(); cut += 3) {
      const std::string part = packed.substr(0, cut);
      const std::string whole = DumpText::Outcome(text.Read(part, 1 << 16));
      for (const size_t block : {size_t{3}, size_t{64}}) {
        ASSERT_EQ(whole, DumpText::Outcome(text.Read(part, block)))
            << "cut at " << cut << ", blocks of " << block;
      }
    }
  }
}

TEST(Packed, ReadsGzipAndZstdAndSaysWhereTheyAreCut) {
  HeapBuilder heap;
  auto& array = heap.Array();
  for (int i = 0; i < 5000; ++i) {
    array.Element(heap.String("text number " + std::to_string(i * 7919)));
  }
  heap.Root("vm", array);
  const std::string plain = heap.Format2();
  DumpText text;
  for (const std::string& packed :
       {Gzip(plain), Zstd(plain),
        Gzip(plain.substr(0, 3000)) + Gzip(plain.substr(3000))}) {
    for (const size_t chunk : {size_t{1}, size_t{1000}, size_t{1} << 20}) {
      auto read = text.Read(packed, chunk);
      ASSERT_THAT(read, IsOk());
      EXPECT_EQ(5001u, read->heap.object_count);
      EXPECT_TRUE(read->drops.empty());
    }
    auto cut = text.Read(packed.substr(0, packed.size() / 2));
    if (cut.ok()) {
      EXPECT_TRUE(cut->truncated);
      EXPECT_EQ(1u, cut->drops.totals().count("packed_data"));
    }
    std::string damaged = packed;
    damaged[packed.size() / 2] ^= 0x55;
    auto wrong = text.Read(damaged);
    if (wrong.ok()) {
      EXPECT_FALSE(wrong->drops.empty());
    }
  }
}

}  // namespace
}  // namespace heapq
