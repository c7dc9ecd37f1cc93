#include "util/memory_maps.h"

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace heap_dump {

MemoryMaps::MemoryMaps(pid_t pid) : fd_(OpenMaps(pid)) {}

int MemoryMaps::OpenMaps(pid_t pid) {
  char path[32] = "/proc/self/maps";
  if (pid != 0) snprintf(path, sizeof(path), "/proc/%d/maps", pid);
  return open(path, O_RDONLY | O_CLOEXEC);
}

MemoryMaps::~MemoryMaps() {
  if (fd_ >= 0) close(fd_);
}

bool MemoryMaps::Next(Mapping* mapping) {
  char line[512];
  if (!Line(line, sizeof(line))) return false;
  char permissions[8];
  mapping->name[0] = '\0';
  if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*x %*s %" SCNu64 " %31s",
             &mapping->begin, &mapping->end, permissions, &mapping->inode,
             mapping->name) < 4) {
    return false;
  }
  const char* const slash = strrchr(line, '/');
  snprintf(mapping->file, sizeof(mapping->file), "%.47s",
           slash == nullptr ? "" : slash + 1);
  mapping->readable = permissions[0] == 'r';
  mapping->writable = permissions[1] == 'w';
  mapping->executable = permissions[2] == 'x';
  mapping->shared = permissions[3] == 's';
  return true;
}

bool MemoryMaps::Line(char* line, size_t size) {
  size_t used = 0;
  while (true) {
    if (at_ == filled_) {
      const ssize_t got = fd_ < 0 ? 0 : read(fd_, buffer_, sizeof(buffer_));
      if (got <= 0) return false;
      filled_ = got;
      at_ = 0;
    }
    const char c = buffer_[at_++];
    if (c == '\n') break;
    if (used + 1 < size) line[used++] = c;
  }
  line[used] = 0;
  return true;
}

}  // namespace heap_dump
