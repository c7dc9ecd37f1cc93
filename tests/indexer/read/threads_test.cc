#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/read/read_dump_fixture.h"
#include "tests/support/heap_builder.h"
#include "tests/support/status_matchers.h"

// Reading on several threads, whatever the machine has: with many more blocks
// than threads. The outcome is that of one thread; races are for TSan to find.
namespace heapq {
namespace {

using absl::StatusCode;

constexpr size_t kBlock = 1 << 12;
constexpr int kThreads = 4;

// Lines for the scanners, lines for yajl, and damage, over some 100 blocks.
std::string LongDump(bool format2) {
  HeapBuilder heap;
  auto& user = heap.Class("User");
  auto& list = heap.Array();
  heap.Global("$list", list);
  for (int i = 0; i < 1000; ++i) {
    auto& object = heap.Object(user).At(absl::StrCat("f", i % 7, ".rb"), 3);
    object.Ivar("@text", heap.String(std::string(100, 'x')));
    object.Ivar("@odd", heap.String(i % 5 == 0 ? "\xe2\x82\xac\\u20ac" : "y"));
    object.Ivar("@number", "42");
    object.WeakTo(list);
    list.Element(object);
  }
  std::string dump = format2 ? heap.Format2() : heap.DumpAll();
  for (size_t at = dump.size() / 2; at < dump.size(); at += 10 * kBlock) {
    const size_t line = dump.find('\n', at);
    if (line != std::string::npos) dump.insert(line + 1, "%%% damage\n");
  }
  return dump;
}

class ThreadsTest : public ::testing::TestWithParam<bool> {
 protected:
  ReadOptions Options(int threads) const {
    ReadOptions options;
    options.spill_dir = dir_.path();
    options.chunk_size = kBlock;
    options.threads = threads;
    return options;
  }

  TempDir dir_;
  const std::string content_ = LongDump(GetParam());
  const std::string path_ = dir_.Write("dump.json", content_);
};

TEST_P(ThreadsTest, ManyReadWhatOneReads) {
  const std::string one = DumpText::Outcome(ReadDump(path_, Options(1)));
  ASSERT_NE(std::string::npos, one.find("malformed_line"));
  for (const Decoder decoder : {Decoder::kScanner, Decoder::kYajl}) {
    ReadOptions options = Options(kThreads);
    options.decoder = decoder;
    EXPECT_EQ(one, DumpText::Outcome(ReadDump(path_, options)));
  }
}

TEST_P(ThreadsTest, TheFirstDamagedPlaceIsNamed) {
  ReadOptions options = Options(1);
  options.strict = true;
  const auto one = ReadDump(path_, options);
  ASSERT_THAT(one, StatusIs(StatusCode::kDataLoss, "(byte "));
  options.threads = kThreads;
  EXPECT_EQ(one.status(), ReadDump(path_, options).status());
}

TEST_P(ThreadsTest, TheCallerEndsIt) {
  // The others may be through before it is asked so often.
  for (const int questions : {1, 2, 5, 20}) {
    ReadOptions options = Options(kThreads);
    int asked = 0;
    options.check = [&](const ReadTally&) {
      return ++asked < questions ? absl::OkStatus()
                                 : absl::CancelledError("enough");
    };
    const auto read = ReadDump(path_, options);
    EXPECT_EQ(asked == questions, absl::IsCancelled(read.status()));
    EXPECT_TRUE(questions > 1 || asked == 1);
  }
}

// Threads that wait for input leave the lock to the one that asks.
TEST_P(ThreadsTest, APipeThatPauses) {
  const std::string one = DumpText::Outcome(ReadDump(path_, Options(1)));
  const std::string fifo = dir_.File("fifo");
  ASSERT_EQ(0, mkfifo(fifo.c_str(), 0600));
  std::thread writer([&] {
    std::ofstream out(fifo, std::ios::binary);
    for (const size_t part : {size_t{0}, content_.size() / 2}) {
      out << content_.substr(part, part == 0 ? content_.size() / 2 : part + 1)
          << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  });
  ReadOptions options = Options(kThreads);
  options.check = [](const ReadTally&) { return absl::OkStatus(); };
  auto read = ReadDump(fifo, options);
  writer.join();
  EXPECT_EQ(one, DumpText::Outcome(std::move(read)));
}

INSTANTIATE_TEST_SUITE_P(Formats, ThreadsTest, ::testing::Bool(),
                         [](const auto& format) {
                           return format.param ? "Format2" : "DumpAll";
                         });

}  // namespace
}  // namespace heapq
