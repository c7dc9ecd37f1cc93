#include "indexer/base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "indexer/base/output_target.h"
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

TEST(AtomicFileTest, TakesThePlaceInOneStep) {
  const TempDir dir;
  const std::string target = dir.Write("heap.db", "old");
  auto file = AtomicFile::Create(target);
  ASSERT_THAT(file, IsOk());
  const std::string temporary = file->path();
  EXPECT_EQ("old", ReadFile(target));
  dir.Write(temporary.substr(dir.path().size() + 1), "new");
  ASSERT_THAT(file->Commit(), IsOk());
  EXPECT_EQ("new", ReadFile(target));
  EXPECT_FALSE(std::filesystem::exists(temporary));
}

TEST(AtomicFileTest, IsGoneUnlessItWasCommit) {
  const TempDir dir;
  const std::string target = dir.Write("heap.db", "old");
  std::string temporary;
  {
    auto file = AtomicFile::Create(target);
    ASSERT_THAT(file, IsOk());
    temporary = file->path();
    EXPECT_TRUE(std::filesystem::exists(temporary));
  }
  EXPECT_FALSE(std::filesystem::exists(temporary));
  EXPECT_EQ("old", ReadFile(target));
}

TEST(AtomicFileTest, ClearsWhatTheDeadLeft) {
  const TempDir dir;
  const std::string dead = dir.Write(LeftoverName(DeadProcess()), "half");
  ASSERT_THAT(AtomicFile::Create(dir.File("heap.db")), IsOk());
  EXPECT_FALSE(std::filesystem::exists(dead));
}

TEST(AtomicFileTest, LeavesWhatMayBeAlive) {
  const TempDir dir;
  const std::string living = dir.Write(LeftoverName(getppid()), "half");
  const std::string no_number = dir.Write("heap.db.loading-x-abc123", "mine");
  const std::string other = dir.Write("other.db.loading-1-abc123", "mine");
  // Its number says nothing here, as in another container, yet it is locked.
  const std::string locked = dir.Write(LeftoverName(DeadProcess()), "half");
  const int fd = open(locked.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(0, flock(fd, LOCK_EX | LOCK_NB));
  {
    const auto first = AtomicFile::Create(dir.File("heap.db"));
    ASSERT_THAT(first, IsOk());
    ASSERT_THAT(AtomicFile::Create(dir.File("heap.db")), IsOk());
    EXPECT_TRUE(std::filesystem::exists(first->path()));
  }
  EXPECT_TRUE(std::filesystem::exists(living));
  EXPECT_TRUE(std::filesystem::exists(no_number));
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_TRUE(std::filesystem::exists(locked));
  close(fd);
}

TEST(AtomicFileTest, ANameMayBeAsLongAsAny) {
  const TempDir dir;
  const std::string letter = "\u00e4";
  for (const size_t size : {200, 228, 229, 230, 243, 254, 255}) {
    std::string name(size % 2, 'x');
    while (name.size() < size) name += letter;
    SCOPED_TRACE(size);
    const std::string target = dir.File(name);
    std::string dead;
    {
      auto file = AtomicFile::Create(target);
      ASSERT_THAT(file, IsOk());
      const std::string temporary = file->path().substr(dir.path().size() + 1);
      EXPECT_LE(temporary.size(), 255u);
      const size_t infix = temporary.find(".loading-");
      ASSERT_NE(std::string::npos, infix);
      EXPECT_EQ(size % 2, infix % 2) << "a letter was cut in two";
      dead = temporary.substr(0, infix) + ".loading-" +
             std::to_string(DeadProcess()) + "-abc123";
      ASSERT_THAT(file->Commit(), IsOk());
    }
    EXPECT_TRUE(std::filesystem::exists(target));
    dead = dir.Write(dead, "half");
    ASSERT_THAT(AtomicFile::Create(target), IsOk());
    EXPECT_FALSE(std::filesystem::exists(dead));
  }
}

TEST(AtomicFileTest, SaysWhatToDoWhereItCannotMakeIt) {
  const TempDir dir;
  EXPECT_THAT(AtomicFile::Create(dir.File("none/heap.db"), "--db"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "heap.db: cannot make: No such file or directory; make "
                       "the folder, or name a file in another one with --db"));
  EXPECT_THAT(AtomicFile::Create(dir.File(std::string(256, 'x'))),
              StatusIs(absl::StatusCode::kUnavailable,
                       "; give it a shorter name with -o"));
  EXPECT_THAT(AtomicFile::Create("/proc/heap.db"),
              StatusIs(absl::StatusCode::kUnavailable, " with -o"));
}

TEST(AtomicFileTest, ReplacesOnlyARegularFile) {
  const TempDir dir;
  std::filesystem::create_directories(dir.File("folder"));
  ASSERT_EQ(0, mkfifo(dir.File("fifo").c_str(), 0600));
  for (const char* name : {"folder", "fifo"}) {
    EXPECT_FALSE(IsReplaceable(dir.File(name)));
    EXPECT_THAT(AtomicFile::Create(dir.File(name), "--db"),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         "is not a regular file and is not replaced; name a "
                         "file with --db"));
  }
  // Nor one that came meanwhile.
  auto file = AtomicFile::Create(dir.File("late"));
  ASSERT_THAT(file, IsOk());
  ASSERT_EQ(0, mkfifo(dir.File("late").c_str(), 0600));
  EXPECT_THAT(file->Commit(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       "is not a regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(dir.File("late")));
}

TEST(AtomicFileTest, FollowsLinks) {
  const TempDir dir;
  const std::string target = dir.Write("target", "old");
  std::filesystem::create_symlink("target", dir.File("link"));
  std::filesystem::create_symlink("none", dir.File("dangling"));
  for (const char* name : {"link", "dangling"}) {
    auto file = AtomicFile::Create(dir.File(name));
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT(file->Commit(), IsOk());
    EXPECT_TRUE(std::filesystem::is_symlink(dir.File(name)));
  }
  EXPECT_EQ("", ReadFile(target));
  EXPECT_TRUE(std::filesystem::exists(dir.File("none")));
}

TEST(OutputTargetTest, KnowsOpenDescriptors) {
  const TempDir dir;
  const std::string file = dir.Write("file", "begin ");
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const std::string name = "/dev/fd/" + std::to_string(fd);
  EXPECT_FALSE(IsReplaceable(name));
  auto through = OpenThrough(name);
  ASSERT_THAT(through, IsOk());
  EXPECT_EQ(3, write(*through, "end", 3));
  close(*through);
  close(fd);
  EXPECT_EQ("begin end", ReadFile(file));
  EXPECT_THAT(OpenThrough(dir.path()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "is a folder"));
}

}  // namespace
}  // namespace heapq
