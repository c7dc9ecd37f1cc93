#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/load/load.h"
#include "tests/indexer/load/load_fixture.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

// The exit codes of a child process.
enum Exit { kLoaded = 0, kFull = 10, kIoError = 11, kOther = 12, kSkip = 13 };

int ExitOf(const absl::Status& status) {
  if (status.ok()) return kLoaded;
  const std::string message(status.message());
  // Whatever went wrong on the disk, the message has to name the file and to
  // calm the reader.
  const bool placed =
      message.find("heap.db: not written") != std::string::npos &&
      message.find("is untouched") != std::string::npos;
  if (placed && status.code() == absl::StatusCode::kResourceExhausted) {
    return kFull;
  }
  if (placed && status.code() == absl::StatusCode::kUnavailable) {
    return kIoError;
  }
  fprintf(stderr, "%s\n", status.ToString().c_str());
  return kOther;
}

pid_t InChild(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class LoadFaultsTest : public LoadFixture {
 protected:
  void SetUp() override {
    first_ = dir_.Write("first.json", DumpOf("First", 100));
    second_ = dir_.Write("second.json", DumpOf("Second", 20000));
    ASSERT_THAT(Load(Options(first_)), IsOk());
    before_ = ReadFile(db());
  }
  void ExpectUntouched() {
    ASSERT_EQ(before_, ReadFile(db()));
    ASSERT_EQ(
        (std::vector<std::string>{"first.json", "heap.db", "second.json"}),
        Files());
  }

  std::string first_, second_;
  std::string before_;  // bytes of the old heap.db
};

TEST_F(LoadFaultsTest, KilledAtAnyMomentItLeavesTheOldFile) {
  // How long an undisturbed load takes here sets the moments.
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(kLoaded, WaitFor(InChild([this] {
              LoadOptions options = Options(second_);
              options.output = dir_.File("other.db");
              return ExitOf(Load(options).status());
            })));
  const auto whole = std::chrono::steady_clock::now() - start;
  std::filesystem::remove(dir_.File("other.db"));

  constexpr int kMoments = 40;
  int killed = 0;
  for (int i = 0; i < kMoments; ++i) {
    const pid_t pid =
        InChild([this] { return ExitOf(Load(Options(second_)).status()); });
    std::this_thread::sleep_for(whole * i / kMoments);
    kill(pid, SIGKILL);
    const int code = WaitFor(pid);
    const std::string now = ReadFile(db());
    if (code == kLoaded || now != before_) {
      // It was through, or just before its end: then the new file is whole.
      ASSERT_EQ("Second", LoadedClass());
    } else {
      ASSERT_EQ(-SIGKILL, code);
      ++killed;
    }
    // The next load clears what that one left.
    ASSERT_THAT(Load(Options(first_)), IsOk());
    ExpectUntouched();
  }
  EXPECT_GT(killed, 0);
}

TEST_F(LoadFaultsTest, KilledInEachStageItLeavesTheOldFile) {
  for (const char* stage : {"reading", "analysing", "writing"}) {
    EXPECT_EQ(-SIGKILL, WaitFor(InChild([this, stage] {
      LoadOptions options = Options(second_);
      options.progress = [stage](std::string_view now, uint64_t, uint64_t) {
        if (now == stage) kill(getpid(), SIGKILL);
      };
      return ExitOf(Load(options).status());
    })));
    EXPECT_EQ(before_, ReadFile(db())) << stage;
    ASSERT_THAT(Load(Options(first_)), IsOk());
    ExpectUntouched();
  }
}

TEST_F(LoadFaultsTest, WhatCannotBeReadIsNotCalledSomethingElse) {
  EXPECT_EQ(
      kLoaded, WaitFor(InChild([this] {
        const rlimit none = {0, 0};
        setrlimit(RLIMIT_NOFILE, &none);
        const std::string message(Load(Options(second_)).status().message());
        const bool right =
            message.find("cannot read: Too many open files") !=
                std::string::npos &&
            message.find("is not a heap.db") == std::string::npos;
        return right ? kLoaded : kOther;
      })));
  ExpectUntouched();
}

TEST_F(LoadFaultsTest, OfTwoLoadsAtOnceOneWinsWhole) {
  const std::string third = dir_.Write("third.json", DumpOf("Third", 19000));
  for (int i = 0; i < 3; ++i) {
    const pid_t a =
        InChild([this] { return ExitOf(Load(Options(second_)).status()); });
    const pid_t b =
        InChild([&] { return ExitOf(Load(Options(third)).status()); });
    EXPECT_EQ(kLoaded, WaitFor(a));
    EXPECT_EQ(kLoaded, WaitFor(b));
    const std::string winner = LoadedClass();
    EXPECT_TRUE(winner == "Second" || winner == "Third") << winner;
    EXPECT_EQ(4u, Files().size()) << "temporary files are left";
  }
}

// A limit on a file's size strikes in other places of the code than a full
// disk, and needs no privilege.
TEST_F(LoadFaultsTest, AFileThatMayNotGrowIsAnError) {
  int refused = 0;
  for (rlim_t limit = 1000; limit < (64 << 20); limit = limit * 3 / 2) {
    const int code = WaitFor(InChild([this, limit] {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit size = {limit, limit};
      setrlimit(RLIMIT_FSIZE, &size);
      return ExitOf(Load(Options(second_)).status());
    }));
    if (code == kLoaded) break;
    ASSERT_TRUE(code == kFull || code == kIoError) << code << ", " << limit;
    ExpectUntouched();
    ++refused;
  }
  EXPECT_GT(refused, 10);
  EXPECT_EQ("Second", LoadedClass());
}

TEST_F(LoadFaultsTest, AFullDiskIsAnError) {
  // A file system of one's own, which only that child sees.
  const auto load_on = [this](const std::string& size) {
    return WaitFor(InChild([this, &size] {
      const std::string disk = dir_.File("disk");
      if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
          mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          mount("tmpfs", disk.c_str(), "tmpfs", 0, size.c_str()) != 0) {
        return static_cast<int>(kSkip);
      }
      LoadOptions options = Options(first_);
      options.output = disk + "/heap.db";
      if (!Load(options).ok()) return 20;
      const std::string old = ReadFile(options.output);
      options.input = second_;
      const int code = ExitOf(Load(options).status());
      int files = 0;
      for ([[maybe_unused]] const auto& entry :
           std::filesystem::directory_iterator(disk)) {
        ++files;
      }
      if (files != 1) return 21;
      if (code != kLoaded && ReadFile(options.output) != old) return 22;
      return code;
    }));
  };
  std::filesystem::create_directory(dir_.File("disk"));
  bool loaded = false;
  int full = 0;
  for (int kib = 512; !loaded; kib = kib * 3 / 2) {
    ASSERT_LT(kib, 1 << 20);
    const int code = load_on("size=" + std::to_string(kib) + "k");
    if (code == kSkip) GTEST_SKIP() << "no tmpfs can be mounted here";
    ASSERT_TRUE(code == kFull || code == kLoaded) << code << ", " << kib;
    loaded = code == kLoaded;
    full += code == kFull ? 1 : 0;
  }
  EXPECT_GT(full, 3);
}

}  // namespace
}  // namespace heapq
