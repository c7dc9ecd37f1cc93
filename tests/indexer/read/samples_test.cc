// Sampled allocations in a dump.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string DumpWith(const std::string& samples) {
  return absl::StrCat(
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n"
      ",{\"id\":\"_ROOTS_\",\"vm\":[4096]}\n,",
      samples,
      "\n,{\"id\":4096,\"bt\":\"T_OBJECT\",\"size\":40}\n"
      ",{\"id\":\"_END_\"}]\n");
}

std::string Describe(const AllocationSamples& samples) {
  std::string text;
  for (const AllocationSamples::Sample& sample : samples.samples) {
    absl::StrAppend(&text, sample.address, " x", sample.weight, " g",
                    sample.generation, ":");
    for (uint32_t i = samples.stack_begin[sample.stack];
         i < samples.stack_begin[sample.stack + 1]; ++i) {
      const auto& frame = samples.frames[samples.stack_frames[i]];
      absl::StrAppend(&text, " ", frame.file, ":", frame.line, " ",
                      frame.method);
    }
    text += '\n';
  }
  return text;
}

TEST(SamplesTest, AreReadAtEveryChunkSize) {
  const std::string dump = DumpWith(
      "{\"id\":\"_SAMPLES_\",\"interval_ms\":100,\"_new\":{\"a\":[[1,2]]},"
      "\"frames\":[[\"/app/a.rb\",7,\"Shop#add\"],[\"\\u00e9.rb\",12,\"\"]],"
      "\"stacks\":[[0,1],[]],\"objects\":[[4096,0,5000,3],[8192,1,1,0]]}");
  for (size_t chunk = 1; chunk < 64; ++chunk) {
    DumpText text;
    const auto read = text.Read(dump, chunk);
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(read->drops.empty()) << chunk;
    EXPECT_EQ(
        "4096 x5000 g3: /app/a.rb:7 Shop#add \u00e9.rb:12 \n8192 x1 g0:\n",
        Describe(read->samples))
        << chunk;
  }
}

TEST(SamplesTest, DamageDropsTheRecordAlone) {
  const std::string frames = "\"frames\":[[\"a.rb\",1,\"m\"]]";
  for (const std::string& damaged :
       {std::string("\"frames\":[[\"a.rb\",1]]"),
        std::string("\"frames\":[\"a.rb\"]"),
        std::string("\"frames\":[[\"a.rb\",\"x\",\"m\"]]"),
        frames + ",\"stacks\":[[1]]", frames + ",\"stacks\":[[-1]]",
        frames + ",\"stacks\":[[0]],\"objects\":[[4096,1,1,1]]",
        frames + ",\"stacks\":[[0]],\"objects\":[[4096,0,1]]",
        frames + ",\"stacks\":[[0]],\"objects\":[[4096,0,99999999999999,1]]"}) {
    DumpText text;
    const auto read =
        text.Read(DumpWith("{\"id\":\"_SAMPLES_\"," + damaged + "}"));
    ASSERT_THAT(read, IsOk());
    EXPECT_THAT(read->drops.totals(), ElementsAre(Pair("bad_record", 1)))
        << damaged;
    EXPECT_TRUE(read->samples.samples.empty()) << damaged;
    EXPECT_EQ(1u, read->heap.object_count) << damaged;
  }
}

}  // namespace
}  // namespace heapq
