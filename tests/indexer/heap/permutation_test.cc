#include "indexer/heap/permutation.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace heapq {
namespace {

std::vector<uint64_t> Entries(const Column<uint64_t>& column) {
  return {column.begin(), column.end()};
}

// Pieces of all lengths in a random order; some stay neighbours.
TEST(Permutation, PutsPiecesWhereTheyWereToGo) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const uint32_t pieces = random() % 20;
    std::vector<uint32_t> length(pieces);
    for (uint32_t& entries : length) entries = random() % 5;
    std::vector<uint32_t> order(pieces);
    std::iota(order.begin(), order.end(), 0);
    if (seed % 4 != 0) std::shuffle(order.begin(), order.end(), random);
    std::vector<uint32_t> from(pieces);
    uint32_t count = 0;
    for (uint32_t piece = 0; piece < pieces; ++piece) {
      from[piece] = count;
      count += length[piece];
    }
    const size_t size = count + random() % 10;

    Column<uint64_t> column;
    for (uint64_t i = 0; i < count; ++i) column.push_back(1000 + i);
    std::vector<uint64_t> wanted;
    Permutation rearrangement;
    for (const uint32_t piece : order) {
      rearrangement.Move(from[piece], static_cast<uint32_t>(wanted.size()),
                         length[piece]);
      for (uint32_t i = 0; i < length[piece]; ++i) {
        wanted.push_back(1000 + from[piece] + i);
      }
    }
    wanted.resize(size);
    rearrangement.Apply(size, &column);
    EXPECT_EQ(wanted, Entries(column));
  }
}

}  // namespace
}  // namespace heapq
