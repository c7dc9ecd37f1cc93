// What is longer than the terminal's screen is shown in the user's pager.
#include <sys/ioctl.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/process_fixture.h"

namespace heapq {
namespace {

class PagerTest : public ProcessTest {
 protected:
  void SetUp() override {
    ProcessTest::SetUp();
    dir_.Write("dump.json", dump_);
    ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  }

  // What a terminal of 12 rows and 80 columns shows of a command. The pager
  // that `variable` names keeps what it gets in the file "paged".
  std::string ShownBy(const Words& words, const char* variable,
                      const char* pager = "cat > paged") {
    std::filesystem::remove(dir_.File("paged"));
    int master = -1;
    int slave = -1;
    winsize size = {12, 80, 0, 0};
    EXPECT_EQ(0, openpty(&master, &slave, nullptr, nullptr, &size));
    fcntl(master, F_SETFD, FD_CLOEXEC);
    before_exec_ = [=] {
      unsetenv("PAGER");
      unsetenv("HEAPQ_PAGER");
      unsetenv("LESS");
      setenv("TERM", "xterm", 1);
      setenv(variable, pager, 1);
    };
    const pid_t pid = Start(words, -1, slave);
    before_exec_ = nullptr;
    close(slave);
    std::string shown = ReadToEnd(master);
    close(master);
    const Ended ended = Wait(pid);
    EXPECT_EQ(0, ended.code) << ended.err;
    return shown;
  }
  bool IsPaged() const { return std::filesystem::exists(dir_.File("paged")); }
  std::string Paged() const { return ReadFile(dir_.File("paged")); }
};

TEST_F(PagerTest, TakesAnAnswerThatIsLongerThanTheScreen) {
  const std::string answer = Run({"info", "--wide", "--no-color"}).out;
  for (const char* variable : {"PAGER", "HEAPQ_PAGER"}) {
    const std::string shown =
        ShownBy({"info", "--wide", "--no-color"}, variable);
    EXPECT_EQ("", shown);
    EXPECT_EQ(answer, Paged());
  }
}

TEST_F(PagerTest, GetsTheVariableOfLess) {
  ShownBy({"info"}, "PAGER", "env > paged");
  EXPECT_NE(std::string::npos, Paged().find("\nLESS=FRX\n")) << Paged();
}

TEST_F(PagerTest, IsNotStartedForAShortAnswer) {
  const std::string shown = ShownBy({"sql", "SELECT 17 AS n"}, "PAGER");
  EXPECT_FALSE(IsPaged());
  EXPECT_NE(std::string::npos, shown.find("17")) << shown;
}

TEST_F(PagerTest, IsNotStartedWhereItIsNotWanted) {
  const auto is_shown = [&](const std::string& shown) {
    EXPECT_FALSE(IsPaged());
    EXPECT_NE(std::string::npos, shown.find("reachable")) << shown;
  };
  is_shown(ShownBy({"info", "--no-pager"}, "PAGER"));
  is_shown(ShownBy({"info"}, "HEAPQ_PAGER", ""));
  is_shown(ShownBy({"info"}, "HEAPQ_PAGER", "cat"));
  is_shown(ShownBy({"info"}, "PAGER", "no-such-program --here"));
  is_shown(ShownBy({"info"}, "TERM", "dumb"));
  // Standard output is a file.
  before_exec_ = [] { setenv("PAGER", "cat > paged", 1); };
  is_shown(Run({"info"}).out);
  before_exec_ = nullptr;
}

// The user leaves before the end.
TEST_F(PagerTest, MayEndEarly) {
  std::filesystem::remove(dir_.File("paged"));
  int master = -1;
  int slave = -1;
  winsize size = {12, 80, 0, 0};
  ASSERT_EQ(0, openpty(&master, &slave, nullptr, nullptr, &size));
  before_exec_ = [] { setenv("HEAPQ_PAGER", "head -n 1 > paged", 1); };
  const pid_t pid =
      Start({"sql",
             "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) "
             "SELECT x FROM c LIMIT 300000"},
            -1, slave);
  before_exec_ = nullptr;
  const Ended ended = Wait(pid);
  EXPECT_TRUE(ended.code == -SIGPIPE || ended.code == 0) << ended.code;
  EXPECT_EQ("", ended.err);
  EXPECT_NE(std::string::npos, Paged().find('x'));
  close(slave);
  close(master);
}

}  // namespace
}  // namespace heapq
