#include "indexer/load/memory_estimate.h"

#include <cstdint>
#include <optional>

#include "gtest/gtest.h"

namespace heapq {
namespace {

constexpr uint64_t kBefore = 10 << 20;

// The memory gathered from a dump of a million objects when `share` of it is
// read. It begins with classes: few objects, much memory.
ReadTally At(double share) {
  ReadTally tally;
  tally.share = share;
  tally.objects = static_cast<uint64_t>(1e6 * share);
  tally.edges = static_cast<uint64_t>(2e6 * share);
  tally.held = (2 << 20) + static_cast<uint64_t>(50e6 * share);
  return tally;
}

// The estimate for the whole after `steps` equal ones of a hundred.
std::optional<uint64_t> WholeAfter(int steps) {
  MemoryEstimate forecast(kBefore);
  for (int i = 0; i <= steps; ++i) forecast.Note(At(0.01 * i));
  return forecast.Whole();
}

TEST(MemoryEstimateTest, TellsTheWholeFromATenth) {
  MemoryEstimate all(kBefore);
  all.Note(At(1));
  EXPECT_GT(all.SoFar(), kBefore + At(1).held);
  const auto is = static_cast<double>(all.SoFar());
  for (const int steps : {11, 15, 30, 60, 99, 100}) {
    const std::optional<uint64_t> whole = WholeAfter(steps);
    ASSERT_TRUE(whole.has_value()) << steps;
    EXPECT_NEAR(is, static_cast<double>(*whole), is / 100) << steps;
  }
}

TEST(MemoryEstimateTest, SaysNothingWhereLittleIsKnown) {
  EXPECT_FALSE(WholeAfter(4).has_value());
  MemoryEstimate of_a_pipe(kBefore);
  for (int i = 0; i < 100; ++i) {
    ReadTally tally = At(0.01 * i);
    tally.share = 0;
    of_a_pipe.Note(tally);
  }
  EXPECT_FALSE(of_a_pipe.Whole().has_value());
  EXPECT_GT(of_a_pipe.SoFar(), kBefore + At(0.99).held);
}

// A packed file's share may be all while some of it is still to be unpacked.
TEST(MemoryEstimateTest, AShareThatStandsStillIsNoRate) {
  MemoryEstimate forecast(kBefore);
  for (const double share : {0.0, 0.5, 1.0, 1.0}) forecast.Note(At(share));
  EXPECT_EQ(forecast.SoFar(), forecast.Whole());
}

TEST(MemoryEstimateTest, NothingIsTakenBack) {
  MemoryEstimate forecast(kBefore);
  forecast.Note(At(0.1));
  ReadTally fewer = At(0.1);  // a record that was begun was given up
  fewer.share = 0.2;
  fewer.edges /= 2;
  forecast.Note(fewer);
  EXPECT_GE(forecast.Whole(), forecast.SoFar());
}

}  // namespace
}  // namespace heapq
