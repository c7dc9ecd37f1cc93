// heapq as a process: signals, files that are none, and how much memory it
// takes of a machine whatever it is given.
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>

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
namespace {

using Words = std::vector<std::string>;

constexpr int kExitInterrupted = 130;

// Sanitizers keep memory of their own.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kMeasuresMemory = false;
#else
constexpr bool kMeasuresMemory = true;
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

TEST_F(ProcessTest, CtrlCEndsAQuestionInSql) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const pid_t pid =
      Start({"sql",
             "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
             "SELECT count(*) FROM c"});
  WaitUntilItReads(pid);
  kill(pid, SIGINT);
  const Ended ended = Wait(pid);
  EXPECT_EQ(kExitInterrupted, ended.code);
  EXPECT_EQ("heapq: sql: interrupted\n", ended.err);
}

TEST_F(ProcessTest, SaysThatTheFileWasCutMeanwhile) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const pid_t pid =
      Start({"sql", "--timeout", "60",
             "SELECT sum(a.size) FROM objects a, objects b, objects c, objects "
             "d, objects e, objects f"});
  WaitUntilItReads(pid);
  ASSERT_EQ(0, truncate(dir_.File("heap.db").c_str(), 0));
  const Ended ended = Wait(pid);
  EXPECT_EQ(1, ended.code);
  EXPECT_EQ(
      "heapq: heap.db was made shorter or can't be read any more; load the "
      "dump again\n",
      ended.err);
}

TEST_F(ProcessTest, SqlStopsAtItsLimits) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string endless =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) ";
  Ended ended =
      Run({"sql", "--timeout", "0.2", endless + "SELECT max(x) FROM c"});
  EXPECT_EQ(1, ended.code);
  EXPECT_NE(std::string::npos, ended.err.find("--timeout")) << ended.err;
  ended = Run(
      {"sql", "--limit", "3", "--format", "csv", endless + "SELECT x FROM c"});
  EXPECT_EQ(0, ended.code);
  EXPECT_EQ("x\n1\n2\n3\n", ended.out);
  EXPECT_NE(std::string::npos, ended.err.find("--limit")) << ended.err;
  // What was printed before is well-formed.
  ended = Run({"sql", "--timeout", "0.2", "--format", "json",
               endless + "SELECT x FROM c WHERE x < 3"});
  EXPECT_EQ(1, ended.code);
  EXPECT_EQ("}\n", ended.out.substr(ended.out.size() - 2)) << ended.out;
}

TEST_F(ProcessTest, AnExportIsNotWrittenToATerminal) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  int master = -1;
  int slave = -1;
  ASSERT_EQ(0, openpty(&master, &slave, nullptr, nullptr, nullptr));
  const pid_t pid = Start({"export", "--to", "folded"}, -1, slave);
  const Ended ended = Wait(pid);
  EXPECT_EQ(1, ended.code);
  EXPECT_NE(std::string::npos, ended.err.find("-o")) << ended.err;
  EXPECT_EQ(0, Run({"export", "--to", "folded"}).code);
  close(slave);
  close(master);
}

// As root, -o /dev/null once left a regular file there.
TEST_F(ProcessTest, WhatIsNotARegularFileIsWrittenThrough) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string fifo = dir_.File("fifo");
  const std::string link = dir_.File("link");
  ASSERT_EQ(0, mkfifo(fifo.c_str(), 0600));
  ASSERT_EQ(0, symlink("fifo", link.c_str()));
  for (const Words& words :
       {Words{"export", "--to", "folded"}, Words{"export", "--to", "hprof"},
        Words{"report", "--md"}}) {
    const std::string expected = Run(words).out;
    ASSERT_FALSE(expected.empty());
    for (const char* name : {"fifo", "link", "/dev/fd/9", "/dev/stdout"}) {
      SCOPED_TRACE(words[0] + " -o " + name);
      Words to = words;
      to.insert(to.end(), {"-o", name});
      std::string found;
      if (name == std::string("/dev/stdout")) {
        found = Run(to).out;
      } else if (name == std::string("/dev/fd/9")) {
        int ends[2];
        ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
        before_exec_ = [&ends] { dup2(ends[1], 9); };
        const pid_t pid = Start(to);
        before_exec_ = nullptr;
        close(ends[1]);
        found = ReadToEnd(ends[0]);
        close(ends[0]);
        EXPECT_EQ(0, Wait(pid).code);
      } else {
        const pid_t pid = Start(to);
        const int fd = open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
        found = ReadToEnd(fd);
        close(fd);
        EXPECT_EQ(0, Wait(pid).code);
      }
      EXPECT_EQ(expected.size(), found.size());
      EXPECT_TRUE(expected == found);
      EXPECT_TRUE(std::filesystem::is_fifo(fifo));
      EXPECT_TRUE(std::filesystem::is_symlink(link));
    }
  }
  EXPECT_EQ(0u, Leftovers());
}

TEST_F(ProcessTest, DevicesAndSocketsStayWhatTheyAre) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof(address.sun_path), "%s",
           dir_.File("socket").c_str());
  ASSERT_EQ(0, bind(listening, reinterpret_cast<sockaddr*>(&address),
                    sizeof(address)));
  ASSERT_TRUE(std::filesystem::create_directory(dir_.File("folder")));
  struct Target {
    const char* name;
    int code;
    const char* says;
  };
  std::vector<Target> targets = {{"socket", 1, "is a socket"},
                                 {"folder", 1, "is a folder"}};
  // Only root may make these. Never the machine's own.
  if (mknod(dir_.File("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0 &&
      mknod(dir_.File("full").c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0 &&
      mknod(dir_.File("disk").c_str(), S_IFBLK | 0600, makedev(7, 6)) == 0 &&
      std::ofstream(dir_.File("null")).good()) {
    targets.insert(targets.end(), {{"null", 0, ""},
                                   {"full", 1, "No space left on device"},
                                   {"disk", 1, "is a disk"}});
  }
  for (const Target& target : targets) {
    struct stat before = {};
    ASSERT_EQ(0, stat(dir_.File(target.name).c_str(), &before));
    for (const Words& words :
         {Words{"export", "--to", "hprof"}, Words{"report", "--md"}}) {
      Words to = words;
      to.insert(to.end(), {"-o", target.name});
      const Ended ended = Run(to);
      EXPECT_EQ(target.code, ended.code) << target.name << ended.err;
      EXPECT_NE(std::string::npos, ended.err.find(target.says)) << ended.err;
    }
    EXPECT_EQ(1, Run({"load", "dump.json", "--db", target.name}).code);
    struct stat after = {};
    ASSERT_EQ(0, stat(dir_.File(target.name).c_str(), &after));
    EXPECT_EQ(before.st_mode, after.st_mode) << target.name;
    EXPECT_EQ(before.st_rdev, after.st_rdev) << target.name;
    EXPECT_EQ(before.st_ino, after.st_ino) << target.name;
  }
  EXPECT_EQ(0u, Leftovers());
  close(listening);
}

TEST_F(ProcessTest, ASignalLeavesNoTemporaryFile) {
  LoadLargeDump();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    for (const char* format : {"heapsnapshot", "csv"}) {
      SCOPED_TRACE(std::string(format) + " " + std::to_string(signal));
      Ended ended;
      for (int attempt = 0; attempt < 20; ++attempt) {
        std::filesystem::remove_all(dir_.File("export"));
        const pid_t pid = Start({"export", "--to", format, "-o", "export"});
        WaitForSeconds([&] {
          return Leftovers() + LeftoversIn("export") > 0 || kill(pid, 0) != 0;
        });
        kill(pid, signal);
        ended = Wait(pid);
        if (ended.code != 0) break;  // else it was quicker
      }
      EXPECT_EQ(-signal, ended.code) << ended.err;
      EXPECT_EQ(0u, Leftovers() + LeftoversIn("export"));
      EXPECT_FALSE(std::filesystem::is_regular_file(dir_.File("export")));
    }
  }
}

TEST_F(ProcessTest, AReaderThatLeavesEndsAnExport) {
  LoadLargeDump();
  for (const Words& words :
       {Words{"export", "--to", "dump_all"}, Words{"export", "--to", "hprof"},
        Words{"export", "--to", "dump_all", "-o", "/dev/stdout"}}) {
    int ends[2];
    ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
    const pid_t pid = Start(words, -1, ends[1]);
    close(ends[1]);
    char byte = 0;
    EXPECT_EQ(1, read(ends[0], &byte, 1));
    close(ends[0]);
    const Ended ended = Wait(pid);
    EXPECT_EQ(-SIGPIPE, ended.code) << words[2];
    EXPECT_EQ("", ended.err);
  }
}

TEST_F(ProcessTest, EveryAnswerFromACutDumpSaysSoOnce) {
  dir_.Write("whole.json", dump_);
  dir_.Write("cut.json", dump_.substr(0, dump_.size() - 40));
  ASSERT_EQ(0, Run({"load", "whole.json", "--db", "whole.db"}).code);
  ASSERT_EQ(0, Run({"load", "cut.json"}).code);
  const std::string says = "heapq: heap.db: the dump was cut";
  for (const Words& words :
       {Words{"info"}, Words{"suspects"},
        Words{"top-types", "--format", "json"}, Words{"sql", "SELECT 1"},
        Words{"export", "--to", "folded"}, Words{"diff", "whole.db", "heap.db"},
        Words{"diff", "heap.db", "heap.db"}, Words{"report", "--md"},
        Words{"waste"}, Words{"unreachable"}}) {
    const Ended ended = Run(words);
    const size_t at = ended.err.find(says);
    ASSERT_NE(std::string::npos, at) << words[0] << ": " << ended.err;
    EXPECT_EQ(std::string::npos, ended.err.find(says, at + 1)) << words[0];
  }
  EXPECT_EQ("", Run({"suspects", "--db", "whole.db"}).err);
}

TEST_F(ProcessTest, CsvCellsAreNoFormulasOnRequest) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const std::string sql =
      "SELECT '=1+1' AS \"=a\", '@x' AS b, '+x' AS c, '-x' AS d, -5 AS e, "
      "'a=b' "
      "AS f, char(9) || 'x' AS g";
  EXPECT_EQ("=a,b,c,d,e,f,g\n=1+1,@x,+x,-x,-5,a=b,\tx\n",
            Run({"sql", sql, "--format", "csv"}).out);
  EXPECT_EQ("'=a,b,c,d,e,f,g\n'=1+1,'@x,'+x,'-x,-5,a=b,'\tx\n",
            Run({"sql", sql, "--format", "csv", "--escape-formulas"}).out);
  // Symbols such as :+ and :== are in every heap.
  const Words csv = {"export", "--to", "csv", "--table", "edges"};
  Words escaped = csv;
  escaped.emplace_back("--escape-formulas");
  EXPECT_EQ(std::string::npos, Run(escaped).out.find(",@"));
  EXPECT_NE(std::string::npos, Run(csv).out.find(",@"));
}

// A module that a class includes has a proxy, whose "class" the module is.
TEST_F(ProcessTest, AProxyIsNotAnInstanceOfAClass) {
  dir_.Write("dump.json",
             dump_.substr(0, dump_.find('\n') + 1) +
                 ",{\"id\":\"_ROOTS_\",\"vm\":[4096,4136,4176]}\n"
                 ",{\"id\":4096,\"bt\":\"T_CLASS\",\"name\":\"String\"}\n"
                 ",{\"id\":4136,\"bt\":\"T_ICLASS\",\"class\":4096}\n"
                 ",{\"id\":4176,\"bt\":\"T_STRING\",\"class\":4096}\n"
                 ",{\"id\":\"_END_\",\"objects\":3}]\n");
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  EXPECT_EQ("address\n0x1050\n",
            Run({"sql", "SELECT address FROM v_objects WHERE class = 'String'",
                 "--format", "csv"})
                .out);
  EXPECT_EQ("type,class\nT_ICLASS,\n",
            Run({"sql", "SELECT type, class FROM v_objects WHERE id = 2",
                 "--format", "csv"})
                .out);
}

TEST_F(ProcessTest, SqlPrintsMoreThanItHolds) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  const int64_t usual = Run({"sql", "SELECT 1"}).peak;
  const Ended ended =
      Run({"sql",
           "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
           "LIMIT 6000) SELECT x, printf('%02000d', x) FROM c"});
  EXPECT_EQ(0, ended.code);
  EXPECT_GT(ended.out.size(), size_t{11} << 20);
  if (kMeasuresMemory) {
    EXPECT_LT(ended.peak, usual + (8 << 20));
  }
}

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

// SQLite takes these for a URI and for databases in memory.
TEST_F(ProcessTest, NamesOfFilesAreTakenAsTheyAre) {
  dir_.Write("dump.json", dump_);
  for (const char* name : {"file:x.db", ":memory:", "file:x?mode=memory"}) {
    const Ended load = Run({"load", "dump.json", "--db", name});
    EXPECT_EQ(0, load.code) << load.err;
    EXPECT_TRUE(std::filesystem::exists(dir_.File(name))) << name;
    EXPECT_EQ(0, Run({"info", "--db", name}).code) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.File("x.db")));
  EXPECT_EQ(0u, Leftovers());
  ASSERT_EQ(0, mkfifo(dir_.File("fifo").c_str(), 0600));
  const Ended fifo = Run({"info", "--db", "fifo"});
  EXPECT_EQ(1, fifo.code);
  EXPECT_EQ("heapq: fifo: is no file; name a heap.db with --db\n", fifo.err);
}

TEST_F(ProcessTest, TellsWhereNothingCanBeWritten) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  for (const Words& words : {Words{}, Words{"--help"}, Words{"--version"}}) {
    const Ended ended = Wait(Start(words, -1, full));
    EXPECT_EQ(1, ended.code);
    EXPECT_EQ("heapq: the output could not be written\n", ended.err);
  }
  close(full);
}

// A function over a huge value would not be interrupted.
TEST_F(ProcessTest, SqlMakesNoHugeValues) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  for (const char* sql :
       {"SELECT zeroblob(1e9)",
        "SELECT length(replace(hex(zeroblob(2e8)), '00', 'xyz'))"}) {
    const Ended ended = Run({"sql", sql});
    EXPECT_EQ(1, ended.code);
    EXPECT_EQ(
        "heapq: sql: string or blob too big: it may have 100000000 bytes; take "
        "a part of it with substr()\n",
        ended.err);
    if (kMeasuresMemory) {
      EXPECT_LT(ended.peak, 500 << 20);
    }
  }
}

}  // namespace
}  // namespace heapq
