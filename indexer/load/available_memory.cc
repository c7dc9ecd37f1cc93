#include "indexer/load/available_memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

namespace heapq {
namespace {

constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();

// The number that a file of the kernel holds; "max" and the like are none.
std::optional<uint64_t> NumberIn(const std::string& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// The number behind `key` in a file of lines "key number".
uint64_t NumberOf(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    uint64_t number = 0;
    if (word == key && file >> number) return number;
  }
  return 0;
}

struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* cached;  // key in memory.stat, children included
};
constexpr GroupFiles kVersion1 = {
    "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles kVersion2 = {"/memory.max", "/memory.current",
                                  "inactive_file"};

uint64_t LeftInGroup(const std::string& folder, const GroupFiles& files) {
  const std::optional<uint64_t> limit = NumberIn(folder + files.limit);
  const std::optional<uint64_t> usage = NumberIn(folder + files.usage);
  if (!limit || !usage) return kUnknown;
  const uint64_t cached = NumberOf(folder + "/memory.stat", files.cached);
  const uint64_t used = *usage - std::min(*usage, cached);
  return *limit - std::min(*limit, used);
}

// The least that a group and those round it leave. In a container `mount` is
// the group itself, whatever path the kernel names.
uint64_t LeftInGroups(const std::string& mount, std::string path,
                      const GroupFiles& files) {
  uint64_t left = kUnknown;
  while (true) {
    left = std::min(left, LeftInGroup(mount + path, files));
    if (path.empty()) return left;
    path.erase(path.rfind('/'));
  }
}

}  // namespace

uint64_t AvailableMemory(const std::string& root) {
  uint64_t left = kUnknown;
  const uint64_t machine = NumberOf(root + "/proc/meminfo", "MemAvailable:");
  if (machine != 0) left = machine * 1024;
  // Lines "number:controllers:path"; version 2 names no controllers.
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path == "/" || path.find('/') != 0) path.clear();
    if (controllers.empty()) {
      left = std::min(left,
                      LeftInGroups(root + "/sys/fs/cgroup", path, kVersion2));
    } else if (controllers == "memory") {
      left = std::min(
          left, LeftInGroups(root + "/sys/fs/cgroup/memory", path, kVersion1));
    }
  }
  return left;
}

uint64_t ResidentMemory() {
  std::ifstream statm("/proc/self/statm");
  uint64_t pages = 0;
  uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace heapq
