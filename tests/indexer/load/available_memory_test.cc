#include "indexer/load/available_memory.h"

#include <filesystem>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();

class AvailableMemoryTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path whole(dir_.File(path));
    std::filesystem::create_directories(whole.parent_path());
    dir_.Write(path, text);
  }
  uint64_t Available() const { return AvailableMemory(dir_.path()); }

  TempDir dir_;
};

TEST_F(AvailableMemoryTest, IsUnknownWhereNothingTells) {
  EXPECT_EQ(kUnknown, Available());
}

TEST_F(AvailableMemoryTest, IsWhatTheMachineHasLeft) {
  Write("proc/meminfo",
        "MemTotal:       24000 kB\nMemFree:  1 kB\nMemAvailable:  5000 kB\n");
  EXPECT_EQ(5000u * 1024, Available());
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/memory.stat", "inactive_file 4096\n");
  EXPECT_EQ(5000u * 1024, Available());
}

TEST_F(AvailableMemoryTest, IsWhatTheTightestGroupLeaves) {
  Write("proc/meminfo", "MemAvailable:  5000 kB\n");
  Write("proc/self/cgroup", "0::/a/b\n");
  const std::string root = "sys/fs/cgroup/";
  Write(root + "a/b/memory.max", "max\n");
  Write(root + "a/b/memory.current", "1000\n");
  Write(root + "a/memory.max", "100000\n");
  Write(root + "a/memory.current", "60000\n");
  Write(root + "a/memory.stat", "anon 1\ninactive_file 10000\n");
  EXPECT_EQ(100000u - 50000u, Available());
  Write(root + "a/memory.current", "200000\n");  // over it for a moment
  EXPECT_EQ(0u, Available());
}

TEST_F(AvailableMemoryTest, KnowsTheFirstVersionOfGroups) {
  Write("proc/meminfo", "MemAvailable:  5000 kB\n");
  Write("proc/self/cgroup",
        "9:name=systemd:/\n4:cpu,memory2:/x\n3:memory:/docker/1\n0::/\n");
  // As a container sees it: its own group lies where the path begins.
  const std::string root = "sys/fs/cgroup/memory/";
  Write(root + "memory.limit_in_bytes", "300000\n");
  Write(root + "memory.usage_in_bytes", "100000\n");
  Write(root + "memory.stat", "total_inactive_file 40000\n");
  EXPECT_EQ(240000u, Available());
}

TEST(ResidentMemory, GrowsWithWhatIsTaken) {
  const uint64_t before = ResidentMemory();
  EXPECT_GT(before, 100000u);
  const std::string taken(64 << 20, 'x');
  EXPECT_GE(ResidentMemory(), before + (60 << 20));
  EXPECT_EQ('x', taken.back());
}

TEST(AvailableMemory, OfThisMachineIsKnown) {
  EXPECT_GT(AvailableMemory(), uint64_t{1} << 20);
  EXPECT_LT(AvailableMemory(), kUnknown);
}

}  // namespace
}  // namespace heapq
