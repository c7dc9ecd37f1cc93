#include "indexer/load/memory_limit.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace heapq {
namespace {

constexpr size_t kBeyondAnyDump = size_t{320} << 20;

// A file whose first 4,000 bytes were read.
ReadTally SmallTally() {
  ReadTally tally;
  tally.done = 4000;
  tally.objects = 20;
  return tally;
}

TEST(MemoryLimitTest, WhatTheProcessHeldBeforeIsNotTheLoads) {
  const std::string before(kBeyondAnyDump, 'x');
  MemoryLimit budget("dump.json", std::nullopt);
  EXPECT_TRUE(budget.Check(SmallTally()).ok());
  EXPECT_TRUE(budget.CheckWhole(SmallTally()).ok());
  EXPECT_EQ(before.size(), kBeyondAnyDump);
}

TEST(MemoryLimitTest, AFewBytesThatFillTheMemoryAreRefused) {
  MemoryLimit budget("dump.json", std::nullopt);
  const std::string taken(kBeyondAnyDump, 'x');
  EXPECT_TRUE(absl::IsResourceExhausted(budget.Check(SmallTally())));
  EXPECT_EQ(taken.size(), kBeyondAnyDump);
}

TEST(MemoryLimitTest, ALimitOfTheUserPermitsIt) {
  MemoryLimit budget("dump.json", 0);
  const std::string taken(kBeyondAnyDump, 'x');
  EXPECT_TRUE(budget.Check(SmallTally()).ok());
  EXPECT_EQ(taken.size(), kBeyondAnyDump);
}

}  // namespace
}  // namespace heapq
