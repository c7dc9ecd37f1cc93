#include <string_view>

#include "cli/output/terminal.h"
#include "gtest/gtest.h"

namespace heapq {
namespace {

TEST(DisplayWidthTest, CountsCellsNotCharacters) {
  EXPECT_EQ(0u, DisplayWidth(""));
  EXPECT_EQ(6u, DisplayWidth("Widget"));
  EXPECT_EQ(4u, DisplayWidth("日本"));
  EXPECT_EQ(1u, DisplayWidth("e\u0301"));
}

TEST(DisplayWidthTest, AnEmojiTakesTwoCells) {
  for (const std::string_view emoji :
       {"🚀", "⌚", "✅", "😀", "👍🏽", "👨‍👩‍👧"}) {
    EXPECT_EQ(2u, DisplayWidth(emoji)) << emoji;
  }
}

}  // namespace
}  // namespace heapq
