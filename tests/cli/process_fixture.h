#ifndef HEAPQ_TESTS_CLI_PROCESS_FIXTURE_H_
#define HEAPQ_TESTS_CLI_PROCESS_FIXTURE_H_

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/heap_builder.h"
#include "tests/support/rich_heap.h"
#include "tests/support/temp_dir.h"

namespace heapq {

using Words = std::vector<std::string>;

inline constexpr int kExitInterrupted = 130;

// Sanitizers keep memory of their own.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kMeasuresMemory = false;
#else
inline constexpr bool kMeasuresMemory = true;
#endif

struct Ended {
  int code = 0;  // minus the signal if one ended it
  std::string out;
  std::string err;
  int64_t peak = 0;  // bytes of memory
};

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HeapBuilder heap;
    AddRichHeap("t", &heap);
    dump_ = heap.Format2();
    dump_all_ = heap.DumpAll();
  }

  // Starts heapq in the test's folder; `input` becomes its standard input,
  // `output` its standard output, which is the file "out" otherwise.
  pid_t Start(const Words& words, int input = -1, int output = -1,
              int error = -1) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (chdir(dir_.path().c_str()) != 0) _exit(99);
    unsetenv("HEAPQ_DB");
    if (input >= 0) dup2(input, STDIN_FILENO);
    const int out = open("out", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int err = open("err", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(output >= 0 ? output : out, STDOUT_FILENO);
    dup2(error >= 0 ? error : err, STDERR_FILENO);
    std::vector<char*> argv = {const_cast<char*>("heapq")};
    for (const std::string& word : words) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    if (before_exec_) before_exec_();
    execv(HEAPQ_PROGRAM, argv.data());
    _exit(98);
  }
  Ended Wait(pid_t pid) {
    int status = 0;
    rusage usage = {};
    EXPECT_EQ(pid, wait4(pid, &status, 0, &usage));
    Ended ended;
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ended.out = ReadFile(dir_.File("out"));
    ended.err = ReadFile(dir_.File("err"));
    ended.peak = usage.ru_maxrss * 1024;
    return ended;
  }
  Ended Run(const Words& words, int input = -1) {
    return Wait(Start(words, input));
  }

  // Until the process sleeps in a system call, as one does that waits.
  static void WaitUntilAsleep(pid_t pid) {
    int asleep = 0;
    for (int i = 0; i < 3000 && asleep < 20; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const std::string stat =
          ReadFile("/proc/" + std::to_string(pid) + "/stat");
      const size_t name_end = stat.rfind(") ");
      const bool sleeps =
          name_end != std::string::npos && stat[name_end + 2] == 'S';
      asleep = sleeps ? asleep + 1 : 0;
    }
  }
  static void WaitForSeconds(const std::function<bool()>& done) {
    for (int i = 0; i < 6000 && !done(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // Until the process has heap.db open and took some time of a core since.
  static void WaitUntilItReads(pid_t pid) {
    const std::string proc = "/proc/" + std::to_string(pid);
    WaitForSeconds([&proc] {
      std::error_code error;
      for (const auto& file :
           std::filesystem::directory_iterator(proc + "/fd", error)) {
        const auto target = std::filesystem::read_symlink(file.path(), error);
        if (target.filename() == "heap.db") return true;
      }
      return false;
    });
    const auto time_taken = [&proc] {
      std::ifstream stat(proc + "/schedstat");
      uint64_t nanoseconds = 0;
      stat >> nanoseconds;
      return nanoseconds;
    };
    const uint64_t before = time_taken();
    WaitForSeconds([&] { return time_taken() > before + 500'000'000; });
  }
  // A dump that takes some seconds at most.
  std::string WriteLargeDump() {
    std::ofstream large(dir_.File("large.json"), std::ios::binary);
    large << dump_.substr(0, dump_.find('\n') + 1);
    constexpr uint64_t kFirst = 1 << 20;
    constexpr uint64_t kObjects = 400000;
    for (uint64_t i = 0; i < kObjects; ++i) {
      large << ",{\"id\":" << kFirst + 40 * i
            << ",\"bt\":\"T_OBJECT\",\"refs\":[" << kFirst << ","
            << kFirst + 40 * (i / 2) << "]}\n";
    }
    large << ",{\"id\":\"_END_\",\"objects\":" << kObjects << "}]\n";
    return "large.json";
  }
  // Loads `dump` at a terminal and interrupts it when that says `stage`.
  Ended InterruptAt(const std::string& stage, const std::string& dump) {
    int master = -1;
    int slave = -1;
    EXPECT_EQ(0, openpty(&master, &slave, nullptr, nullptr, nullptr));
    fcntl(master, F_SETFD, FD_CLOEXEC);
    const pid_t pid = Start({"load", dump}, -1, -1, slave);
    close(slave);
    std::string said;
    char bytes[256];
    for (ssize_t n; (n = read(master, bytes, sizeof(bytes))) > 0;) {
      const bool seen = said.find(stage) != std::string::npos;
      said.append(bytes, static_cast<size_t>(n));
      if (!seen && said.find(stage) != std::string::npos) kill(pid, SIGINT);
    }
    close(master);
    Ended ended = Wait(pid);
    ended.err = said;
    return ended;
  }
  // Names in the test's folder that `load` makes and must not leave.
  size_t Leftovers() const { return LeftoversIn("."); }
  size_t LeftoversIn(const std::string& folder) const {
    size_t count = 0;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(dir_.File(folder), error)) {
      const std::string name = entry.path().filename().string();
      count += name.find(".loading-") != std::string::npos ? 1 : 0;
    }
    return count;
  }

  // Loads the heap that WriteLargeDump writes.
  void LoadLargeDump() {
    ASSERT_EQ(0, Run({"load", WriteLargeDump()}).code);
    std::filesystem::remove(dir_.File("large.json"));
  }
  // Everything that can be read from `fd` until its other side is closed.
  static std::string ReadToEnd(int fd) {
    std::string text;
    char bytes[4096];
    for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) > 0;) {
      text.append(bytes, static_cast<size_t>(n));
    }
    return text;
  }

  // For the processes that are started from now on.
  void Limit(int resource, rlim_t most) {
    before_exec_ = [resource, most] {
      rlimit limit = {};
      getrlimit(resource, &limit);
      limit.rlim_cur = std::min(most, limit.rlim_max);
      setrlimit(resource, &limit);
    };
  }

  TempDir dir_;
  std::string dump_, dump_all_;
  std::function<void()> before_exec_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_CLI_PROCESS_FIXTURE_H_
