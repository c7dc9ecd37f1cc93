#include "indexer/base/column.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace heapq {
namespace {

TEST(Column, KeepsItsEntriesWhileItGrowsFarBeyondAHugePage) {
  constexpr uint64_t kEntries = 6 << 20;  // 48 MB
  // Growing side by side they must move; no whole number of huge pages.
  constexpr uint64_t kBefore = 300001;
  Column<uint64_t> first(kBefore);
  Column<uint64_t> second(kBefore);
  for (uint64_t i = 0; i < kBefore; ++i) {
    first[i] = i;
    second[i] = ~i;
  }
  for (uint64_t i = kBefore; i < kEntries; ++i) {
    first.push_back(i);
    second.push_back(~i);
  }
  for (uint64_t i = 0; i < kEntries; ++i) {
    ASSERT_EQ(i, first[i]);
    ASSERT_EQ(~i, second[i]);
  }
}

TEST(Column, TakesACopyOfItsOwnEntryWhileItGrows) {
  Column<uint64_t> column;
  column.push_back(7);
  for (int i = 0; i < 100000; ++i) {
    column.push_back(column[0]);
    ASSERT_EQ(7u, column.back());
  }
  while (column.size() > 1) column.pop_back();
  EXPECT_EQ(7u, column.back());
}

TEST(Column, NewEntriesAreZeroWhateverWasThereBefore) {
  for (const size_t size : {size_t{100}, size_t{1} << 20}) {
    Column<uint32_t> column;
    column.assign(size, 7);
    column.resize(size / 2);
    column.push_back(9);
    column.clear();
    column.resize(size / 4);
    column.resize(3 * size);
    for (size_t i = 0; i < 3 * size; ++i) ASSERT_EQ(0u, column[i]);
    column.reset();
    column.resize(size);
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(0u, column[i]);
  }
}

}  // namespace
}  // namespace heapq
