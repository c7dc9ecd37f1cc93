#include "indexer/load/status_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using ::testing::HasSubstr;

constexpr char kRollup[] =
    "55f0c0000000-7ffc8b5f7000 ---p 00000000 00:00 0      [rollup]\n"
    "Rss:              112308 kB\n"
    "Pss:              100000 kB\n"
    "Anonymous:        105280 kB\n"
    "AnonHugePages:         0 kB\n"
    "Swap:                 12 kB\n"
    "SwapPss:              12 kB\n"
    "Locked:                0 kB\n";
constexpr char kStatus[] =
    "Name:\truby\nVmHWM:\t  2000 kB\nVmRSS:\t  1500 kB\nRssAnon:\t  1000 kB\n"
    "RssFile:\t   400 kB\nRssShmem:\t   100 kB\nVmSwap:\t     0 kB\n"
    "Threads:\t5\nSigQ:\t0/62794\n";

std::string Message(const std::string& text) {
  return std::string(ParseStatus("s.txt", text).status().message());
}

TEST(StatusFileTest, ReadsSmapsRollup) {
  const auto json = ParseStatus("s.txt", kRollup);
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(*json,
            "{\"memory\":{\"rss\":115003392,\"rss_anonymous\":107806720,"
            "\"rss_files\":7196672,\"swapped\":12288}}");
}

// A full smaps has the same lines once for each mapping.
TEST(StatusFileTest, AddsUpSmaps) {
  const auto json = ParseStatus("s.txt", std::string(kRollup) + kRollup);
  ASSERT_THAT(json, IsOk());
  EXPECT_THAT(*json, HasSubstr("\"rss\":230006784,"));
}

TEST(StatusFileTest, ReadsStatus) {
  const auto json = ParseStatus("s.txt", kStatus);
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(*json,
            "{\"memory\":{\"rss\":1536000,\"peak_rss\":2048000,"
            "\"rss_anonymous\":1024000,\"rss_files\":409600,\"rss_shared\":"
            "102400,\"swapped\":0,\"threads\":5}}");
}

TEST(StatusFileTest, OtherFilesAreRefusedWithARemedy) {
  for (const std::string& text :
       {std::string(), std::string("[{\"id\":1}]\n"),
        std::string("Name:\tkthreadd\nThreads:\t1\n"),
        std::string(kRollup).substr(0, 120), std::string(kStatus).substr(0, 60),
        std::string("Rss: many kB\n"), std::string("Rss: 12\n"),
        std::string("Rss: 99999999999999999999 kB\n"),
        std::string("Rss: 1 kB\nAnonymous: 2 kB\nSwap: 0 kB\n")}) {
    const std::string message = Message(text);
    EXPECT_THAT(message, HasSubstr("s.txt: ")) << text;
    EXPECT_THAT(message, HasSubstr("cat /proc/PID/smaps_rollup")) << text;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  const std::string status(kStatus);
  EXPECT_THAT(Message(status.substr(0, status.find("RssFile"))),
              HasSubstr("is cut before \"Threads\""));
}

TEST(StatusFileTest, AFileWithoutAnEndIsNotReadWhole) {
  EXPECT_THAT(ReadStatusFile("/dev/zero").status().ToString(),
              HasSubstr("/dev/zero: is larger than any such"));
}

TEST(StatusFileTest, AMissingFileIsNamed) {
  EXPECT_THAT(ReadStatusFile("/nonexistent/status").status().ToString(),
              HasSubstr("/nonexistent/status: cannot be opened"));
}

}  // namespace
}  // namespace heapq
