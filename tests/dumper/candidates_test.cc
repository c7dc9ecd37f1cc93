#include "layout/candidates.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "layout/memory.h"

namespace heap_dump {
namespace {

Candidates Of(std::initializer_list<int> values) {
  Candidates candidates;
  candidates.Clear();
  for (int value : values) candidates.Add(value);
  return candidates;
}

Finding Found(std::initializer_list<int> places, int contexts) {
  Finding finding;
  for (int i = 0; i < contexts; ++i) finding.Keep(Of(places));
  return finding;
}

TEST(CandidatesTest, BeginWithEveryOffset) {
  const Candidates candidates;
  EXPECT_EQ(candidates.size(), Candidates::kLimit);
  EXPECT_TRUE(candidates.Has(0));
  EXPECT_TRUE(candidates.Has(Candidates::kLimit - 1));
  EXPECT_FALSE(candidates.Has(Candidates::kLimit));
  EXPECT_FALSE(candidates.Has(-1));
}

TEST(CandidatesTest, KeepWhatAllContextsHave) {
  Finding finding;
  finding.Keep(Of({8, 64, 4088}));
  EXPECT_EQ(finding.places.Only(), -1);
  finding.Keep(Of({64, 72}));
  EXPECT_EQ(finding.places.Only(), 64);
  EXPECT_EQ(finding.contexts, 2);
  finding.Keep(Of({8}));
  EXPECT_EQ(finding.places.size(), 0);
  EXPECT_EQ(finding.places.Only(), -1);
}

TEST(CandidatesTest, IgnoreOffsetsOutOfRange) {
  EXPECT_EQ(Of({-8, Candidates::kLimit}).size(), 0);
}

TEST(CandidatesTest, Remove) {
  Candidates candidates = Of({8, 16, 24});
  candidates.Remove(Of({8, 24, 32}));
  EXPECT_EQ(candidates.Only(), 16);
}

void ExpectLeftOut(const Decision& decision, Decision::Reason reason) {
  EXPECT_EQ(decision.source, Decision::kLeftOut);
  EXPECT_EQ(decision.value, -1);
  EXPECT_EQ(decision.reason, reason);
}

TEST(DecideTest, TableAndProbeAgree) {
  const Decision decision = Decide(40, Found({40}, 2));
  EXPECT_EQ(decision.source, Decision::kConfirmed);
  EXPECT_EQ(decision.value, 40);
}

TEST(DecideTest, TableChoosesAmongSeveral) {
  const Decision decision = Decide(40, Found({40, 48}, 3));
  EXPECT_EQ(decision.source, Decision::kConfirmed);
  EXPECT_EQ(decision.value, 40);
}

TEST(DecideTest, ProbeAlone) {
  const Decision decision = Decide(-1, Found({48}, 2));
  EXPECT_EQ(decision.source, Decision::kProbed);
  EXPECT_EQ(decision.value, 48);
}

TEST(DecideTest, TableAloneIfTheProbeDidNotRun) {
  const Decision decision = Decide(40, Found({48}, 1));
  EXPECT_EQ(decision.source, Decision::kTable);
  EXPECT_EQ(decision.value, 40);
}

TEST(DecideTest, LeavesOutWhatIsNotSure) {
  ExpectLeftOut(Decide(40, Found({48}, 2)), Decision::kDisagrees);
  ExpectLeftOut(Decide(40, Found({}, 2)), Decision::kDisagrees);
  ExpectLeftOut(Decide(-1, Found({40, 48}, 2)), Decision::kAmbiguous);
  ExpectLeftOut(Decide(-1, Found({}, 2)), Decision::kNotFound);
  ExpectLeftOut(Decide(-1, Found({40}, 1)), Decision::kNotProbed);
}

TEST(MemoryTest, FindsWordsAndHalves) {
  const uint64_t words[] = {1, uint64_t{7} << 32, 7, 7};
  const Memory memory(words, sizeof(words));
  EXPECT_EQ(memory.WhereWordIs(7).size(), 2);
  EXPECT_TRUE(memory.WhereWordIs(7).Has(16));
  const Candidates halves =
      memory.Where<uint32_t>([](uint32_t half) { return half == 7; });
  EXPECT_TRUE(halves.Has(12));
  EXPECT_EQ(halves.size(), 3);
}

TEST(MemoryTest, EndsBeforeWhatIsNotMapped) {
  const size_t page = sysconf(_SC_PAGESIZE);
  char* const pages =
      static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  memset(pages, 1, page);
  munmap(pages + page, page);
  const Memory memory(pages + page - 24, 512);
  EXPECT_EQ(memory.size(), 24u);
  EXPECT_EQ(memory.At<char>(23), 1);
  EXPECT_EQ(Memory(pages + page, 512).size(), 0u);
  EXPECT_EQ(Memory(nullptr, 512).size(), 0u);
  munmap(pages, page);
}

}  // namespace
}  // namespace heap_dump
