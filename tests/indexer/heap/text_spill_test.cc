#include "indexer/heap/text_spill.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

std::map<uint32_t, std::vector<std::string>> Contents(TextSpill* spill) {
  std::map<uint32_t, std::vector<std::string>> contents;
  uint32_t last = 0;
  EXPECT_THAT(spill->ForEach([&](uint32_t owner, std::string_view text) {
    EXPECT_GE(owner, last) << "owners ascend";
    last = owner;
    contents[owner].emplace_back(text);
    return absl::OkStatus();
  }),
              IsOk());
  return contents;
}

// Some megabytes, so that the file is used, with owners in no order.
TEST(TextSpill, GivesBackWhatItTookByOwner) {
  TempDir dir;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    TextSpill spill(dir.path());
    std::map<uint32_t, std::vector<std::string>> wanted;
    for (int i = 0; i < 3000; ++i) {
      const uint32_t owner = 1 + random() % 500;
      const std::string text(random() % 8000, static_cast<char>(random()));
      spill.Append(owner, text.substr(0, text.size() / 2),
                   text.substr(text.size() / 2));
      wanted[owner].push_back(text);
    }
    EXPECT_EQ(wanted, Contents(&spill));
  }
}

// As objects lie in pages: owners ascend in runs, some of which overlap, and
// some pieces come late. More than the buffer holds.
TEST(TextSpill, MergesRunsOfOwners) {
  TempDir dir;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    TextSpill spill(dir.path());
    std::map<uint32_t, std::vector<std::string>> wanted;
    for (int run = 0; run < 60; ++run) {
      uint32_t owner = 1 + random() % 20000;
      const uint32_t pieces = 1 + random() % 400;
      for (uint32_t i = 0; i < pieces; ++i, owner += random() % 3) {
        const std::string text =
            std::to_string(random()) + std::string(random() % 100, 'x');
        spill.Append(owner, text, "");
        wanted[owner].push_back(text);
      }
    }
    EXPECT_EQ(wanted, Contents(&spill));
  }
}

TEST(TextSpill, ForgetsWhatIsTruncatedAndRenamesOwners) {
  TempDir dir;
  TextSpill spill(dir.path());
  spill.Append(0, "kept", "");
  spill.Append(0, "also", " kept");
  spill.Append(0, "dropped", "");
  spill.Truncate(2);
  spill.Append(0, "late", "");
  spill.SetOwner(0, 7);
  spill.SetOwner(2, 3);
  spill.MapOwners([](uint32_t owner) { return owner == 3 ? 0u : owner + 1; });
  const std::map<uint32_t, std::vector<std::string>> wanted = {
      {8, {"kept", "also kept"}}};
  EXPECT_EQ(wanted, Contents(&spill));
}

TEST(TextSpill, TellsAtTheEndThatItsFolderIsMissing) {
  TextSpill spill("/nonexistent-folder");
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) spill.Append(1, large, "");
  EXPECT_THAT(spill.ForEach(
                  [](uint32_t, std::string_view) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kUnavailable, "/nonexistent-folder"));
}

}  // namespace
}  // namespace heapq
