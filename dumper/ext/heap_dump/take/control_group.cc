#include "take/control_group.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cstdio>
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

// The group's path, "/a/b", of the line "0::/a/b".
bool ReadGroup(char* group, size_t size) {
  char text[2 * PATH_MAX];
  if (!ReadFile("/proc/self/cgroup", text, sizeof(text))) return false;
  for (const char* line = text; line != nullptr && *line != '\0';) {
    const char* const end = strchr(line, '\n');
    const size_t length = end != nullptr ? end - line : strlen(line);
    constexpr char kPrefix[] = "0::";
    constexpr size_t kPrefixSize = sizeof(kPrefix) - 1;
    if (strncmp(line, kPrefix, kPrefixSize) == 0) {
      snprintf(group, size, "%.*s", static_cast<int>(length - kPrefixSize),
               line + kPrefixSize);
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

}  // namespace

bool DiesWithItsGroup(char* text, size_t size) {
  char group[PATH_MAX];
  if (!ReadGroup(group, sizeof(group))) return false;
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

}  // namespace heap_dump
