#include "capture/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "capture/clock.h"
#include "capture/file_target.h"

namespace heap_dump {
namespace {

// How long a writer has to end by itself before it is killed.
constexpr int kKillAfterMs = 5000;
constexpr int kPauseMs = 50;
// Writers that no thread could be started for. Each is a process, so there are
// never many.
constexpr int kMaxAbandoned = 8;
constexpr size_t kStackSize = 256 << 10;

struct Writer {
  pid_t pid = 0;
  int life_fd = -1;
  Report* report = nullptr;
  // The process that started it: a copy of that process has no such child.
  pid_t owner = 0;
};

Writer g_abandoned[kMaxAbandoned];

// A killed process that hangs in the kernel cannot remove its file when it
// returns; one that was only asked to end can.
bool HangsInKernel(pid_t pid) {
  char name[32];
  char text[256];
  snprintf(name, sizeof(name), "/proc/%d/stat", static_cast<int>(pid));
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (length <= 0) return false;
  text[length] = '\0';
  const char* end = strrchr(text, ')');
  return end != nullptr && end[1] == ' ' && end[2] == 'D';
}

// False while the writer lives.
bool TryReap(pid_t pid, int flags) {
  while (true) {
    const pid_t reaped = waitpid(pid, nullptr, __WALL | flags);
    if (reaped == 0) return false;
    if (reaped > 0 || errno != EINTR) return true;
  }
}

void Release(const Writer& writer) {
  RemoveLeftover(&writer.report->leftover);
  munmap(writer.report, sizeof(Report));
  close(writer.life_fd);
}

void* ReapInThread(void* argument) {
  const Writer writer = *static_cast<Writer*>(argument);
  free(argument);
  prctl(PR_SET_NAME, "heap_dump wait", 0, 0, 0);
  const int64_t kill_at = MonotonicNs() + kKillAfterMs * kNsPerMs;
  while (!TryReap(writer.pid, WNOHANG)) {
    if (MonotonicNs() > kill_at) {
      if (!HangsInKernel(writer.pid)) kill(writer.pid, SIGKILL);
      TryReap(writer.pid, 0);
      break;
    }
    usleep(kPauseMs * 1000);
  }
  Release(writer);
  return nullptr;
}

bool StartThread(const Writer& writer) {
  Writer* const argument = static_cast<Writer*>(malloc(sizeof(Writer)));
  if (argument == nullptr) return false;
  *argument = writer;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // The program's signals are for the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error =
      pthread_create(&thread, &attributes, ReapInThread, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) free(argument);
  return error == 0;
}

}  // namespace

void AskToEnd(pid_t writer) {
  kill(writer, SIGTERM);
  kill(writer, SIGCONT);
}

void ReapLater(pid_t writer, int life_fd, Report* report) {
  const Writer taken{writer, life_fd, report, getpid()};
  if (StartThread(taken)) return;
  for (Writer& place : g_abandoned) {
    if (place.pid == 0 || place.owner != taken.owner) {
      place = taken;
      return;
    }
  }
}

void ReapAbandoned() {
  const pid_t mine = getpid();
  for (Writer& writer : g_abandoned) {
    if (writer.pid == 0 || writer.owner != mine) continue;
    if (!TryReap(writer.pid, WNOHANG)) continue;
    Release(writer);
    writer = {};
  }
}

}  // namespace heap_dump
