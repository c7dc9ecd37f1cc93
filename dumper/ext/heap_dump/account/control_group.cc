#include "account/control_group.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace heap_dump {
namespace {

// Where version 2 is mounted, alone or beside version 1.
constexpr const char* kMounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

// Bytes read, ended by NUL; false if the file cannot be read.
bool ReadFile(const char* path, char* text, size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = read(fd, text, size - 1);
  close(fd);
  text[got < 0 ? 0 : got] = '\0';
  return got > 0;
}

// The group's path, "/a/b", of the line that has `prefix` after its number:
// "::" in version 2 ("0::/a/b"), ":memory:" in version 1.
bool ReadGroup(const char* prefix, char* group, size_t size) {
  char text[2 * PATH_MAX];
  if (!ReadFile("/proc/self/cgroup", text, sizeof(text))) return false;
  for (const char* line = text; line != nullptr && *line != '\0';) {
    const char* const end = strchr(line, '\n');
    const size_t length = end != nullptr ? end - line : strlen(line);
    const char* const colon = strchr(line, ':');
    const size_t skipped = strlen(prefix) + (colon - line);
    if (colon != nullptr && skipped <= length &&
        strncmp(colon, prefix, strlen(prefix)) == 0) {
      snprintf(group, size, "%.*s", static_cast<int>(length - skipped),
               line + skipped);
      return true;
    }
    line = end != nullptr ? end + 1 : nullptr;
  }
  return false;
}

bool IsKilledTogether(const char* mount, const char* group) {
  char path[2 * PATH_MAX];
  char text[8];
  const int length =
      snprintf(path, sizeof(path), "%s%s/memory.oom.group", mount, group);
  return length > 0 && static_cast<size_t>(length) < sizeof(path) &&
         ReadFile(path, text, sizeof(text)) && text[0] == '1';
}

// A number of bytes; 0 for "max" and for a file that cannot be read.
uint64_t ReadBytes(const char* mount, const char* group, const char* name) {
  char path[2 * PATH_MAX];
  char text[32];
  const int length =
      snprintf(path, sizeof(path), "%s%s/%s", mount, group, name);
  if (length <= 0 || static_cast<size_t>(length) >= sizeof(path) ||
      !ReadFile(path, text, sizeof(text))) {
    return 0;
  }
  return strtoull(text, nullptr, 10);
}

// Version 1 writes a number near 2^63 where there is no limit.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;

GroupMemory ReadGroupMemory(const char* mount, char* group, const char* limit,
                            const char* used) {
  GroupMemory memory;
  while (true) {
    if (strcmp(group, "/") == 0) group[0] = '\0';
    if (memory.used == 0) memory.used = ReadBytes(mount, group, used);
    const uint64_t here = ReadBytes(mount, group, limit);
    if (here > 0 && here < kNoLimit &&
        (memory.limit == 0 || here < memory.limit)) {
      memory.limit = here;
    }
    char* const last = strrchr(group, '/');
    if (last == nullptr) return memory;
    *last = '\0';
  }
}

}  // namespace

bool DiesWithItsGroup(char* text, size_t size) {
  char group[PATH_MAX];
  if (!ReadGroup("::", group, sizeof(group))) return false;
  // The root's own file is that of a container, which sees its group as root.
  while (true) {
    if (strcmp(group, "/") == 0) group[0] = '\0';
    for (const char* mount : kMounts) {
      if (!IsKilledTogether(mount, group)) continue;
      snprintf(text, size,
               "memory.oom.group is 1: if memory runs out during a dump, the "
               "kernel kills the dumped process together with the copy");
      return true;
    }
    char* const last = strrchr(group, '/');
    if (last == nullptr) return false;
    *last = '\0';
  }
}

GroupMemory ReadGroupMemory() {
  char group[PATH_MAX];
  if (ReadGroup("::", group, sizeof(group))) {
    for (const char* mount : kMounts) {
      char copy[PATH_MAX];
      snprintf(copy, sizeof(copy), "%s", group);
      const GroupMemory memory =
          ReadGroupMemory(mount, copy, "memory.max", "memory.current");
      if (memory.used > 0) return memory;
    }
  }
  if (!ReadGroup(":memory:", group, sizeof(group))) return {};
  return ReadGroupMemory("/sys/fs/cgroup/memory", group,
                         "memory.limit_in_bytes", "memory.usage_in_bytes");
}

}  // namespace heap_dump
