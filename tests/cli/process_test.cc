// heapq as a process: signals, terminals, outputs that are not regular files.
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/process_fixture.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

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
  // The output so far is well-formed.
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
  EXPECT_EQ("heapq: fifo: is not a file; name a heap.db with --db\n", fifo.err);
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
