#include "indexer/load/replacement_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

// The number of a process that was there and is gone.
pid_t DeadProcess() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return pid;
}

std::string LeftoverName(pid_t pid) {
  return "heap.db.loading-" + std::to_string(pid) + "-abc123";
}

TEST(ReplacementFileTest, TakesThePlaceInOneStep) {
  const TempDir dir;
  const std::string target = dir.Write("heap.db", "old");
  auto file = ReplacementFile::Make(target);
  ASSERT_THAT(file, IsOk());
  const std::string temporary = file->path();
  EXPECT_EQ("old", ReadFile(target));
  dir.Write(temporary.substr(dir.path().size() + 1), "new");
  ASSERT_THAT(file->PutInPlace(), IsOk());
  EXPECT_EQ("new", ReadFile(target));
  EXPECT_FALSE(std::filesystem::exists(temporary));
}

TEST(ReplacementFileTest, IsGoneUnlessItWasPutInPlace) {
  const TempDir dir;
  const std::string target = dir.Write("heap.db", "old");
  std::string temporary;
  {
    auto file = ReplacementFile::Make(target);
    ASSERT_THAT(file, IsOk());
    temporary = file->path();
    EXPECT_TRUE(std::filesystem::exists(temporary));
  }
  EXPECT_FALSE(std::filesystem::exists(temporary));
  EXPECT_EQ("old", ReadFile(target));
}

TEST(ReplacementFileTest, ClearsWhatTheDeadLeft) {
  const TempDir dir;
  const std::string dead = dir.Write(LeftoverName(DeadProcess()), "half");
  ASSERT_THAT(ReplacementFile::Make(dir.File("heap.db")), IsOk());
  EXPECT_FALSE(std::filesystem::exists(dead));
}

TEST(ReplacementFileTest, LeavesWhatMayBeAlive) {
  const TempDir dir;
  const std::string living = dir.Write(LeftoverName(getppid()), "half");
  const std::string no_number = dir.Write("heap.db.loading-x-abc123", "mine");
  const std::string other = dir.Write("other.db.loading-1-abc123", "mine");
  // Its number says nothing here, as in another container, yet it is locked.
  const std::string locked = dir.Write(LeftoverName(DeadProcess()), "half");
  const int fd = open(locked.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(0, flock(fd, LOCK_EX | LOCK_NB));
  {
    const auto first = ReplacementFile::Make(dir.File("heap.db"));
    ASSERT_THAT(first, IsOk());
    ASSERT_THAT(ReplacementFile::Make(dir.File("heap.db")), IsOk());
    EXPECT_TRUE(std::filesystem::exists(first->path()));
  }
  EXPECT_TRUE(std::filesystem::exists(living));
  EXPECT_TRUE(std::filesystem::exists(no_number));
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_TRUE(std::filesystem::exists(locked));
  close(fd);
}

TEST(ReplacementFileTest, ANameMayBeAsLongAsAny) {
  const TempDir dir;
  const std::string letter = "\u00e4";
  for (const size_t size : {200, 228, 229, 230, 243, 254, 255}) {
    std::string name(size % 2, 'x');
    while (name.size() < size) name += letter;
    SCOPED_TRACE(size);
    const std::string target = dir.File(name);
    std::string dead;
    {
      auto file = ReplacementFile::Make(target);
      ASSERT_THAT(file, IsOk());
      const std::string temporary = file->path().substr(dir.path().size() + 1);
      EXPECT_LE(temporary.size(), 255u);
      const size_t infix = temporary.find(".loading-");
      ASSERT_NE(std::string::npos, infix);
      EXPECT_EQ(size % 2, infix % 2) << "a letter was cut in two";
      dead = temporary.substr(0, infix) + ".loading-" +
             std::to_string(DeadProcess()) + "-abc123";
      ASSERT_THAT(file->PutInPlace(), IsOk());
    }
    EXPECT_TRUE(std::filesystem::exists(target));
    dead = dir.Write(dead, "half");
    ASSERT_THAT(ReplacementFile::Make(target), IsOk());
    EXPECT_FALSE(std::filesystem::exists(dead));
  }
}

TEST(ReplacementFileTest, SaysWhatToDoWhereItCannotMakeIt) {
  const TempDir dir;
  EXPECT_THAT(ReplacementFile::Make(dir.File("none/heap.db"), "--db"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "heap.db: cannot make: No such file or directory; make "
                       "the folder, or name a file in another one with --db"));
  EXPECT_THAT(ReplacementFile::Make(dir.File(std::string(256, 'x'))),
              StatusIs(absl::StatusCode::kUnavailable,
                       "; give it a shorter name with -o"));
  EXPECT_THAT(ReplacementFile::Make("/proc/heap.db"),
              StatusIs(absl::StatusCode::kUnavailable, " with -o"));
}

TEST(ReplacementFileTest, SaysWhatItCannotReplace) {
  const TempDir dir;
  std::filesystem::create_directories(dir.File("heap.db/full"));
  auto file = ReplacementFile::Make(dir.File("heap.db"));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->PutInPlace(), StatusIs(absl::StatusCode::kUnavailable,
                                           "heap.db: cannot replace"));
}

}  // namespace
}  // namespace heapq
