#include "util/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace heap_dump {
namespace {

TEST(Arena, BlocksAreAlignedAndKeepTheirBytes) {
  Arena arena;
  std::mt19937 random(5);
  std::map<char*, std::pair<size_t, char>> blocks;
  for (int i = 0; i < 3000; ++i) {
    if (!blocks.empty() && random() % 3 == 0) {
      const auto block = blocks.begin();
      const auto [size, mark] = block->second;
      for (size_t at = 0; at < size; ++at) ASSERT_EQ(block->first[at], mark);
      arena.Free(block->first);
      blocks.erase(block);
      continue;
    }
    const size_t size = random() % 5000;
    char* const block = static_cast<char*>(arena.Allocate(size));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
    ASSERT_EQ(blocks.count(block), 0u);
    const char mark = static_cast<char>(i);
    memset(block, mark, size);
    blocks[block] = {size, mark};
  }
  EXPECT_FALSE(arena.failed());
}

TEST(Arena, BlocksGrowFromBytesToManyMegabytes) {
  Arena arena;
  size_t size = 1;
  char* block = static_cast<char*>(arena.Allocate(size));
  block[0] = 0;
  while (size < size_t{64} << 20) {
    block = static_cast<char*>(arena.Reallocate(block, size * 2));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(block[size / 2], static_cast<char>(size / 2 % 251));
    for (size_t at = size; at < size * 2; at += size < 4096 ? 1 : 4096) {
      block[at] = static_cast<char>(at % 251);
    }
    size *= 2;
  }
  arena.Free(block);
}

TEST(Arena, SaysThatMemoryWasRefused) {
  Arena arena;
  ASSERT_NE(arena.Allocate(1), nullptr);
  EXPECT_FALSE(arena.failed());
  EXPECT_EQ(arena.Allocate(SIZE_MAX / 2), nullptr);
  EXPECT_TRUE(arena.failed());
}

TEST(ArenaVector, DoesAsStdVector) {
  Arena arena;
  ArenaVector<uint64_t> vector(&arena);
  std::vector<uint64_t> expected;
  for (uint64_t i = 0; i < 100000; ++i) {
    vector.Push(i * i);
    expected.push_back(i * i);
  }
  vector.Append(expected.data(), 1000);
  expected.insert(expected.end(), expected.begin(), expected.begin() + 1000);
  vector.Append(nullptr, 0);
  EXPECT_EQ(std::vector<uint64_t>(vector.begin(), vector.end()), expected);
  vector.Shrink(3);
  EXPECT_EQ(vector.size(), 3u);
  vector.Clear();
  EXPECT_TRUE(vector.empty());
}

}  // namespace
}  // namespace heap_dump
