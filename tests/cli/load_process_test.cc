// `heapq load` as a process: signals, its input, and the memory that it takes.
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/process_fixture.h"
#include "tests/support/heap_builder.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

TEST_F(ProcessTest, CtrlCEndsALoadThatWaitsForItsInput) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    int ends[2];
    ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
    ASSERT_GT(write(ends[1], dump_.data(), dump_.size() / 2), 0);
    const pid_t pid = Start({"load", "-"}, ends[0]);
    WaitUntilAsleep(pid);
    kill(pid, signal);
    const Ended ended = Wait(pid);
    EXPECT_EQ(kExitInterrupted, ended.code);
    EXPECT_NE(std::string::npos, ended.err.find("heap.db is as it was"))
        << ended.err;
    EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
    EXPECT_EQ(0u, Leftovers());
    close(ends[0]);
    close(ends[1]);
  }
  ASSERT_EQ(0, mkfifo(dir_.File("fifo").c_str(), 0600));
  const pid_t pid = Start({"load", "fifo"});  // nobody has it open to write
  WaitUntilAsleep(pid);
  kill(pid, SIGINT);
  EXPECT_EQ(kExitInterrupted, Wait(pid).code);
  EXPECT_EQ(0u, Leftovers());
}

TEST_F(ProcessTest, CtrlCEndsALoadInEachStage) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  const std::string large = WriteLargeDump();
  for (const char* stage : {"reading", "analysing", "writing"}) {
    SCOPED_TRACE(stage);
    Ended ended = InterruptAt(stage, large);
    // Whoever got no time in that moment came too late.
    for (int more = 0; more < 4 && ended.code == 0; ++more) {
      ASSERT_EQ(0, Run({"load", "dump.json"}).code);
      ended = InterruptAt(stage, large);
    }
    EXPECT_EQ(kExitInterrupted, ended.code);
    EXPECT_NE(std::string::npos, ended.err.find("heap.db is as it was"))
        << ended.err;
    EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
    EXPECT_EQ(0u, Leftovers());
  }
}

TEST_F(ProcessTest, ASignalThatIsIgnoredStaysIgnored) {
  dir_.Write("dump.json", dump_);
  int ends[2];
  ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
  signal(SIGHUP, SIG_IGN);  // as nohup does
  const pid_t pid = Start({"load", "-"}, ends[0]);
  signal(SIGHUP, SIG_DFL);
  WaitUntilAsleep(pid);
  kill(pid, SIGHUP);
  ASSERT_EQ(static_cast<ssize_t>(dump_.size()),
            write(ends[1], dump_.data(), dump_.size()));
  close(ends[1]);
  EXPECT_EQ(0, Wait(pid).code);
  close(ends[0]);
}

TEST_F(ProcessTest, ReadsPipesAndFifos) {
  int ends[2];
  ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
  const pid_t reader = Start({"load", "-"}, ends[0]);
  ASSERT_EQ(static_cast<ssize_t>(dump_.size()),
            write(ends[1], dump_.data(), dump_.size()));
  close(ends[1]);
  close(ends[0]);
  const Ended from_pipe = Wait(reader);
  EXPECT_EQ(0, from_pipe.code) << from_pipe.err;

  ASSERT_EQ(0, mkfifo(dir_.File("fifo").c_str(), 0600));
  const pid_t pid = Start({"load", "fifo"});
  std::ofstream(dir_.File("fifo"), std::ios::binary) << dump_;
  const Ended from_fifo = Wait(pid);
  EXPECT_EQ(0, from_fifo.code) << from_fifo.err;
  EXPECT_EQ(from_pipe.out, from_fifo.out);
}

TEST_F(ProcessTest, SaysWhatIsNoDump) {
  dir_.Write("empty", "");
  for (const auto& [file, says] :
       std::vector<std::pair<std::string, std::string>>{
           {"empty", "is empty"},
           {".", "is a folder"},
           {"none", "No such file"},
           {"/dev/zero", "no heap dump"},
           {"/dev/urandom", "no heap dump"},
           {"/dev/null", "is empty"},
           {"/proc/self/mem", "/proc/self/mem: "}}) {
    const Ended ended = Run({"load", file});
    EXPECT_EQ(1, ended.code) << file << ended.out;
    EXPECT_NE(std::string::npos, ended.err.find(says)) << file << ended.err;
    EXPECT_EQ(1, std::count(ended.err.begin(), ended.err.end(), '\n'));
    EXPECT_FALSE(std::filesystem::exists(dir_.File("heap.db")));
    EXPECT_EQ(0u, Leftovers());
  }
}

// The master of a pseudo-terminal gives EIO once its other side is closed.
TEST_F(ProcessTest, AReadErrorEndsALoadAndSaysWhatToDo) {
  dir_.Write("dump.json", dump_all_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  for (const bool strict : {true, false}) {
    int master = -1;
    int slave = -1;
    termios raw = {};
    cfmakeraw(&raw);
    ASSERT_EQ(0, openpty(&master, &slave, nullptr, &raw, nullptr));
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    Words words = {"load", "-"};
    if (strict) words.push_back("--strict");
    const pid_t pid = fork();
    if (pid == 0) {  // writes, as slowly as a terminal takes it
      close(master);
      const ssize_t n = write(slave, dump_.data(), dump_.size() - 40);
      _exit(n > 0 ? 0 : 1);
    }
    const pid_t loading = Start(words, master);
    close(slave);
    close(master);
    waitpid(pid, nullptr, 0);
    const Ended ended = Wait(loading);
    EXPECT_EQ(1, ended.code) << ended.err;
    for (const std::string& part :
         {"-: cannot read at byte " + std::to_string(dump_.size() - 40),
          std::string("Input/output error"), std::string("dd conv=noerror"),
          std::string("heap.db is as it was\n")}) {
      EXPECT_NE(std::string::npos, ended.err.find(part)) << ended.err;
    }
    EXPECT_EQ(1, std::count(ended.err.begin(), ended.err.end(), '\n'));
    EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
    EXPECT_EQ(0u, Leftovers());
  }
}

// Writes `size` bytes of `unit`, over and over, to a gzip file.
void WriteBomb(const std::string& path, const std::string& head,
               const std::string& unit, uint64_t size) {
  std::string block;
  while (block.size() < (1 << 20)) block += unit;
  gzFile file = gzopen(path.c_str(), "wb1");
  gzwrite(file, head.data(), static_cast<unsigned>(head.size()));
  for (uint64_t done = 0; done < size; done += block.size()) {
    gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
  }
  gzclose(file);
}

TEST_F(ProcessTest, MemoryIsBoundedWhateverALineOrAnArchiveHolds) {
  dir_.Write("dump.json", dump_);
  const int64_t usual = Run({"load", "dump.json"}).peak;
  constexpr uint64_t kSize = 32 << 20;
  const std::string header = dump_.substr(0, dump_.find('\n') + 1);
  const struct {
    const char* name;
    std::string head;
    std::string unit;
  } kBombs[] = {
      {"zeros", "", std::string(1, '\0')},
      {"zeros in a dump", dump_, std::string(1, '\0')},
      {"empty lines", header, "\n"},
      {"spaces", dump_, " "},
      {"the same reference", header + ",{\"id\":64,\"class\":64,\"size\":1",
       ",\"class\":64"},
      {"garbage lines", header, "%%%%\n"},
      {"one object over and over", header, ",{\"id\":64}\n"},
      {"dump_all: zeros", dump_all_, std::string(1, '\0')},
  };
  for (const auto& bomb : kBombs) {
    SCOPED_TRACE(bomb.name);
    WriteBomb(dir_.File("bomb.gz"), bomb.head, bomb.unit, kSize);
    const Ended ended = Run({"load", "bomb.gz"});
    EXPECT_TRUE(ended.code == 0 || ended.code == 1) << ended.code;
    if (kMeasuresMemory) {
      EXPECT_LT(ended.peak, usual + (16 << 20));
    }
  }
}

// Each reference takes memory of its own, so these are refused.
TEST_F(ProcessTest, AnArchiveOfReferencesIsRefusedInTime) {
  for (const std::string& unit : {std::string("64,"), std::string("104,64,")}) {
    WriteBomb(dir_.File("bomb.gz"),
              dump_.substr(0, dump_.find('\n') + 1) +
                  ",{\"id\":104}\n,{\"id\":64,\"refs\":[",
              unit, 100 << 20);
    ASSERT_LT(std::filesystem::file_size(dir_.File("bomb.gz")), 2 << 20);
    const Ended ended = Run({"load", "bomb.gz"});
    EXPECT_EQ(1, ended.code) << ended.out;
    EXPECT_NE(std::string::npos, ended.err.find("set --max-memory"))
        << ended.err;
    EXPECT_EQ(0u, Leftovers());
    if (kMeasuresMemory) {
      EXPECT_LT(ended.peak, 400 << 20);
    }
  }
}

TEST_F(ProcessTest, SaysThatATextWasCut) {
  HeapBuilder heap;
  heap.Global("$long", heap.String(std::string(3 << 20, 'x')));
  dir_.Write("dump.json", heap.Format2());
  const Ended load = Run({"load", "dump.json"});
  EXPECT_EQ(0, load.code);
  const std::string text =
      "1 text of more than a megabyte was cut: its beginning is there";
  EXPECT_EQ("heapq: " + text + "\n", load.err);
  EXPECT_NE(std::string::npos, Run({"info"}).out.find("\n" + text + ".\n"));
}

TEST_F(ProcessTest, LoadsWhatFitsAndSaysWhatItTakes) {
  if (!kMeasuresMemory) GTEST_SKIP();
  WriteLargeDump();
  const int64_t peak = Run({"load", "large.json"}).peak;
  const Ended fits = Run(
      {"load", "large.json", "--max-memory", std::to_string(peak + peak / 2)});
  EXPECT_EQ(0, fits.code) << fits.err;
  // Where reading alone takes more, that is what it says.
  for (const int64_t limit : {peak * 3 / 4, peak * 4 / 5}) {
    const Ended refused =
        Run({"load", "large.json", "--max-memory", std::to_string(limit)});
    EXPECT_EQ(1, refused.code);
    const size_t about = refused.err.find("about ");
    if (about == std::string::npos) {
      EXPECT_NE(std::string::npos, refused.err.find("more than "))
          << refused.err;
      continue;
    }
    const int64_t says = std::stoll(refused.err.substr(about + 6)) << 20;
    EXPECT_GT(says, peak * 4 / 5) << refused.err;
    EXPECT_LT(says, peak * 8 / 5) << refused.err;
  }
}

TEST_F(ProcessTest, RefusesWhatWouldTakeTooMuchMemory) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json", "--max-memory", "1G"}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  WriteLargeDump();
  for (const char* limit : {"20M", "40m", "45MB", "20971520"}) {
    const Ended ended = Run({"load", "large.json", "--max-memory", limit});
    EXPECT_EQ(1, ended.code) << limit << ended.out;
    EXPECT_NE(std::string::npos, ended.err.find("--max-memory")) << ended.err;
    EXPECT_NE(std::string::npos, ended.err.find(" MiB of memory")) << ended.err;
    EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
    EXPECT_EQ(0u, Leftovers());
    if (kMeasuresMemory) {
      EXPECT_LT(ended.peak, 50 << 20);
    }
  }
  EXPECT_EQ(0, Run({"load", "large.json", "--max-memory", "4GiB"}).code);
  EXPECT_EQ(0, Run({"load", "large.json", "--max-memory", "0"}).code);
  for (const char* wrong : {"lots", "-1", "1.5.2G", ""}) {
    EXPECT_EQ(2, Run({"load", "large.json", "--max-memory", wrong}).code)
        << wrong;
  }
}

TEST_F(ProcessTest, AFileThatMayNotGrowIsAnErrorLikeAFullDisk) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  Limit(RLIMIT_FSIZE, 20000);
  const Ended load = Run({"load", "dump.json"});
  EXPECT_EQ(1, load.code);
  EXPECT_NE(std::string::npos, load.err.find("what was there is untouched"))
      << load.err;
  EXPECT_EQ(1, Run({"report", "-o", "report.html"}).code);
  EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
  EXPECT_EQ(0u, Leftovers());
}

// A hash table that could not grow used to be destroyed with garbage in it.
TEST_F(ProcessTest, SaysThatThereIsNoMemory) {
  if (!kMeasuresMemory) GTEST_SKIP() << "sanitizers need their address space";
  ASSERT_EQ(0, Run({"load", WriteLargeDump()}).code);
  const std::string before = ReadFile(dir_.File("heap.db"));
  for (const Words& words :
       {Words{"export", "--to", "heapsnapshot", "-o", "x.heapsnapshot"},
        Words{"diff", "heap.db", "heap.db"}, Words{"load", "large.json"}}) {
    int failures = 0;
    for (int limit = 24; limit < 60; limit += 3) {
      Limit(RLIMIT_AS, static_cast<rlim_t>(limit) << 20);
      const Ended ended = Run(words);
      ASSERT_TRUE(ended.code == 0 || ended.code == 1)
          << words[0] << " with " << limit << " MiB: " << ended.code;
      if (ended.code == 0) continue;
      ++failures;
      EXPECT_EQ(before, ReadFile(dir_.File("heap.db")));
      EXPECT_EQ(1, std::count(ended.err.begin(), ended.err.end(), '\n'))
          << ended.err;
      EXPECT_NE(std::string::npos, ended.err.find("memory")) << ended.err;
    }
    EXPECT_GT(failures, 0) << words[0];
    before_exec_ = nullptr;
    EXPECT_EQ(0, Run(words).code) << words[0];
    EXPECT_EQ(0u, Leftovers()) << words[0];
  }
}

// A thread whose stack is larger than all memory can't be made.
TEST_F(ProcessTest, WorksWhereThereCanBeNoFurtherThread) {
  if (!kMeasuresMemory) GTEST_SKIP() << "sanitizers start threads themselves";
  constexpr rlim_t kStack = rlim_t{1} << 40;
  rlimit stack = {};
  getrlimit(RLIMIT_STACK, &stack);
  if (stack.rlim_max < kStack) GTEST_SKIP() << "stacks are limited here";
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json", "--db", "a.db"}).code);
  const std::string with = Run({"diff", "a.db", "a.db"}).out;
  Limit(RLIMIT_STACK, kStack);
  ASSERT_EQ(0, Run({"load", "dump.json", "--db", "b.db"}).code);
  EXPECT_EQ(ReadFile(dir_.File("a.db")).size(),
            ReadFile(dir_.File("b.db")).size());
  const Ended diff = Run({"diff", "a.db", "a.db"});
  EXPECT_EQ(0, diff.code) << diff.err;
  EXPECT_EQ(with, diff.out);
  const Ended report = Run({"report", "--against", "a.db", "--db", "b.db"});
  EXPECT_EQ(0, report.code) << report.err;
}

}  // namespace
}  // namespace heapq
