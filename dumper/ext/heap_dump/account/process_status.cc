#include "account/process_status.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace heap_dump {
namespace {

bool ReadFile(pid_t pid, const char* name, char* text, size_t size) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = read(fd, text, size - 1);
  close(fd);
  text[got < 0 ? 0 : got] = '\0';
  return got > 0;
}

// The number behind "\nNAME:".
uint64_t Field(const char* text, const char* name) {
  const char* const found = strstr(text, name);
  return found == nullptr ? 0 : strtoull(found + strlen(name), nullptr, 10);
}

uint64_t Kilobytes(const char* text, const char* name) {
  return Field(text, name) * 1024;
}

// The 22nd field of stat, in clock ticks after the boot. The second, the name
// in parentheses, may hold spaces and parentheses.
uint64_t AgeSeconds(const char* stat) {
  const char* at = strrchr(stat, ')');
  if (at == nullptr) return 0;
  for (int field = 2; field < 22; ++field) {
    at = strchr(at + 1, ' ');
    if (at == nullptr) return 0;
  }
  const uint64_t start = strtoull(at, nullptr, 10) / sysconf(_SC_CLK_TCK);
  timespec now;
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  const auto seconds = static_cast<uint64_t>(now.tv_sec);
  return seconds > start ? seconds - start : 0;
}

}  // namespace

bool ReadProcessStatus(pid_t pid, ProcessStatus* status) {
  char text[8192];
  if (!ReadFile(pid, "status", text, sizeof(text))) return false;
  status->rss = Kilobytes(text, "\nVmRSS:");
  status->peak_rss = Kilobytes(text, "\nVmHWM:");
  status->anonymous = Kilobytes(text, "\nRssAnon:");
  status->files = Kilobytes(text, "\nRssFile:");
  status->shared = Kilobytes(text, "\nRssShmem:");
  status->swapped = Kilobytes(text, "\nVmSwap:");
  status->virtual_size = Kilobytes(text, "\nVmSize:");
  status->threads = Field(text, "\nThreads:");
  if (ReadFile(pid, "stat", text, sizeof(text))) {
    status->age_seconds = AgeSeconds(text);
  }
  return status->rss > 0;
}

}  // namespace heap_dump
