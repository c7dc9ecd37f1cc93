#include "capture/lock_watch.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace heap_dump {
namespace {

// The number, arguments and stack pointer of the call that the process is in;
// "running" if it is in none; empty if the system does not show it.
void ReadSystemCall(pid_t pid, char* text, size_t size) {
  char name[48];
  snprintf(name, sizeof(name), "/proc/%d/syscall", static_cast<int>(pid));
  text[0] = '\0';
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t length = read(fd, text, size - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
}

bool IsFutex(const char* call) {
  char* end;
  const long number = strtol(call, &end, 10);
  return end != call && number == SYS_futex;
}

}  // namespace

bool LockWatch::Hangs() {
  char call[kMostBytes];
  ReadSystemCall(pid_, call, sizeof(call));
  if (!IsFutex(call)) {
    looks_ = 0;
    return false;
  }
  looks_ = looks_ > 0 && strcmp(call, last_) == 0 ? looks_ + 1 : 1;
  memcpy(last_, call, sizeof(last_));
  return looks_ >= kLooks;
}

}  // namespace heap_dump
