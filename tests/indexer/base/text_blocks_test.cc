#include "indexer/base/text_blocks.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace heapq {
namespace {

TEST(TextBlocks, KeepsEachTextWhereItIs) {
  TextBlocks blocks;
  EXPECT_EQ("", blocks.Keep(""));
  std::vector<std::string> texts;
  for (const size_t size : {1, 60000, 10000, 65536, 200000, 0, 3, 65535, 2}) {
    texts.emplace_back(size, static_cast<char>('a' + texts.size()));
  }
  std::vector<std::string_view> kept;
  kept.reserve(texts.size());
  for (const std::string& text : texts) kept.push_back(blocks.Keep(text));
  const TextBlocks moved = std::move(blocks);
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], kept[i]);
}

}  // namespace
}  // namespace heapq
