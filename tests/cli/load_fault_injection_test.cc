// Each call of the system's that `load` makes fails in turn, as SQLite's own
// tests have it: the first open, the second one, and so on until a load makes
// no further one. Whatever fails, there is the old heap.db or the new one, a
// sentence, no crash and no temporary file.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/heap_builder.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

// A load allocates memory some five thousand times. So many of these fail, at
// even distances; HEAPQ_ALL_FAULTS=1: all of them.
constexpr int kMallocsTried = 120;

// The sanitizer has an allocator of its own, and must be the first library.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanPreload = false;
#else
constexpr bool kCanPreload = true;
#endif

struct Ended {
  int code = 0;  // minus the signal if one ended it
  bool fired = false;
  std::string err;
};

class LoadFaultInjectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kCanPreload) GTEST_SKIP() << "sanitizers must be loaded first";
    dir_.Write("old.json", DumpOf("old", 2));
    dir_.Write("dump.json", DumpOf("new", 5));
    ASSERT_EQ(0, Load("old.json", "", 0).code);
    old_ = ReadFile(dir_.File("heap.db"));
    ASSERT_EQ(0, Load("dump.json", "", 0).code);
    new_ = ReadFile(dir_.File("heap.db"));
    ASSERT_NE(old_, new_);
    files_ = Files();
  }

  static std::string DumpOf(const std::string& text, int strings) {
    HeapBuilder heap;
    for (int i = 0; i < strings; ++i) {
      heap.Global("$" + text + std::to_string(i), heap.String(text));
    }
    return heap.Format2();
  }

  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  // Loads `dump` into heap.db with the `number`th call of `kind` failing; 0:
  // none.
  Ended Load(const std::string& dump, const std::string& kind, int number) {
    const std::string fired = dir_.Write("fired", "");
    const pid_t pid = fork();
    if (pid == 0) {
      if (chdir(dir_.path().c_str()) != 0) _exit(99);
      const int null = open("/dev/null", O_WRONLY);
      const int err = open("err", O_CREAT | O_TRUNC | O_WRONLY, 0600);
      const int report = open("fired", O_WRONLY | O_APPEND);
      dup2(null, STDOUT_FILENO);
      dup2(err, STDERR_FILENO);
      if (number > 0) {
        setenv("LD_PRELOAD", HEAPQ_FAULT_LIBRARY, 1);
        setenv("FAULT_KIND", kind.c_str(), 1);
        setenv("FAULT_NUMBER", std::to_string(number).c_str(), 1);
        setenv("FAULT_FOLDER", "heap.db", 1);
        setenv("FAULT_FD", std::to_string(report).c_str(), 1);
      }
      execl(HEAPQ_PROGRAM, "heapq", "load", dump.c_str(), "--db", "heap.db",
            nullptr);
      _exit(98);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    Ended ended;
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ended.fired = !ReadFile(fired).empty();
    ended.err = ReadFile(dir_.File("err"));
    return ended;
  }

  // False: the load made fewer calls than `number`.
  bool TryFault(const std::string& kind, int number) {
    SCOPED_TRACE(kind + " " + std::to_string(number));
    dir_.Write("heap.db", old_);
    const Ended ended = Load("dump.json", kind, number);
    EXPECT_TRUE(ended.code == 0 || ended.code == 1) << ended.code << ended.err;
    const std::string now = ReadFile(dir_.File("heap.db"));
    if (ended.code == 0) {  // it did without
      EXPECT_EQ("", ended.err);
      EXPECT_TRUE(now == new_);
    } else {
      EXPECT_TRUE(now == old_);
      EXPECT_EQ(0u, ended.err.find("heapq: ")) << ended.err;
      EXPECT_EQ(1, std::count(ended.err.begin(), ended.err.end(), '\n'))
          << ended.err;
    }
    EXPECT_EQ(files_, Files());
    return ended.fired;
  }

  // The number of calls of `kind` that a load makes, by bisection.
  int CallsOf(const std::string& kind) {
    int low = 0;
    int high = 1;
    while (Load("dump.json", kind, high).fired) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const int middle = low + (high - low) / 2;
      (Load("dump.json", kind, middle).fired ? low : high) = middle;
    }
    return low;
  }

  const TempDir dir_;
  std::string old_, new_;
  std::set<std::string> files_;
};

TEST_F(LoadFaultInjectionTest, EachCallFailsInTurn) {
  const std::map<std::string, int> least = {
      {"open", 5}, {"write", 20}, {"fsync", 1}, {"rename", 1}, {"mmap", 1}};
  for (const auto& [kind, calls] : least) {
    int number = 1;
    while (TryFault(kind, number) && !HasFailure()) ++number;
    EXPECT_GT(number, calls) << kind << ": the faults missed the load";
  }
}

TEST_F(LoadFaultInjectionTest, AnAllocationFails) {
  const int calls = CallsOf("malloc");
  ASSERT_GT(calls, kMallocsTried);
  const int step =
      getenv("HEAPQ_ALL_FAULTS") != nullptr ? 1 : calls / kMallocsTried;
  for (int number = 1; number <= calls && !HasFailure(); number += step) {
    TryFault("malloc", number);
  }
}

}  // namespace
}  // namespace heapq
