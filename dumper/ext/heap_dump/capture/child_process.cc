#include "capture/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "capture/child_signals.h"
#include "capture/clock.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

namespace heap_dump {
namespace {

// Descriptors above this are not looked for on kernels without close_range.
constexpr int kMostDescriptors = 1 << 16;
// Between two looks at a child that is about to end.
constexpr int64_t kMaxPauseUs = 10000;
constexpr int kNice = 19;

// In a copy: where the host can be seen to live on, -1 in any other process.
int g_life_fd = -1;

// The host's end of this pipe is closed by exec, and by nothing else while the
// host waits for the copy.
bool HostCalledExec() {
  pollfd life = {g_life_fd, 0, 0};
  return g_life_fd >= 0 && poll(&life, 1, 0) > 0 &&
         (life.revents & POLLERR) != 0;
}

// Not fork(2): see the class. The child's exit signal is none, and
// CLONE_UNTRACED keeps gdb from taking the child for a new thread.
pid_t RawClone() {
  const unsigned long flags = CLONE_UNTRACED;
#if defined(__s390__)
  return static_cast<pid_t>(syscall(SYS_clone, 0L, flags, 0L, 0L, 0L));
#else
  return static_cast<pid_t>(syscall(SYS_clone, flags, 0L, 0L, 0L, 0L));
#endif
}

void CloseRange(int first, int last) {
  if (first > last) return;
  if (syscall(SYS_close_range, first, last, 0) == 0) return;
  rlimit limit;
  int end = kMostDescriptors;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      limit.rlim_cur < static_cast<rlim_t>(end)) {
    end = static_cast<int>(limit.rlim_cur);
  }
  for (int fd = first; fd <= std::min(last, end); ++fd) close(fd);
}

void CloseAllBut(const int* kept_fds, int count) {
  int first = 0;
  while (true) {
    int next = INT32_MAX;
    for (int i = 0; i < count; ++i) {
      if (kept_fds[i] >= first) next = std::min(next, kept_fds[i]);
    }
    CloseRange(first, next == INT32_MAX ? next : next - 1);
    if (next == INT32_MAX) return;
    first = next + 1;
  }
}

void DieFirstWhenMemoryRunsOut() {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "1000", 4) < 0) {
    // Without /proc the kernel chooses as it likes.
  }
  close(fd);
}

}  // namespace

Outcome ChildProcess::Start(Mode mode) {
  int life[2];
  if (pipe2(life, O_CLOEXEC) != 0) return {Code::kCloneRefused, errno};
  // The child must not run one of the host's handlers before it has its own.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = mode == Mode::kFork ? fork() : RawClone();
  if (pid == 0) {
    pid_ = 0;
    life_fd_ = g_life_fd = life[1];
    return {};
  }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(life[1]);
  if (pid < 0) {
    close(life[0]);
    return {Code::kCloneRefused, error};
  }
  pid_ = pid;
  life_fd_ = life[0];
  return {};
}

ChildProcess::~ChildProcess() {
  if (running()) {
    Kill();
    Reap();
  }
  CloseLife();
}

void ChildProcess::Kill() {
  if (running()) kill(pid_, SIGKILL);
}

Outcome ChildProcess::Reap() {
  Outcome outcome;
  if (running()) ReapWith(__WALL, &outcome);
  return outcome;
}

bool ChildProcess::TryReap(Outcome* outcome) {
  return !running() || ReapWith(__WALL | WNOHANG, outcome);
}

bool ChildProcess::ReapWith(int flags, Outcome* outcome) {
  int status = 0;
  pid_t reaped;
  do {
    reaped = waitpid(pid_, &status, flags);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return false;
  // In mode kFork the host may have reaped it: then nothing is known.
  if (reaped == pid_ && WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    *outcome = {IsCrash(signal) ? Code::kChildCrashed : Code::kChildKilled,
                signal};
  }
  pid_ = -1;
  CloseLife();
  return true;
}

bool ChildProcess::ReapWithin(int64_t limit_ms, Outcome* outcome) {
  const int64_t end = MonotonicNs() + limit_ms * kNsPerMs;
  int64_t pause_us = 200;
  while (!TryReap(outcome)) {
    if (MonotonicNs() >= end) return false;
    usleep(static_cast<useconds_t>(pause_us));
    pause_us = std::min(pause_us * 2, kMaxPauseUs);
  }
  return true;
}

void ChildProcess::Forget() {
  pid_ = -1;
  CloseLife();
}

int ChildProcess::Detach() {
  const int life_fd = life_fd_;
  pid_ = life_fd_ = -1;
  return life_fd;
}

void ChildProcess::CloseLife() {
  if (life_fd_ >= 0) close(life_fd_);
  life_fd_ = -1;
}

void SettleInChild(const int* kept_fds, int count) {
  prctl(PR_SET_NAME, "heap_dump", 0, 0, 0);
  // A connection that the host closes must close, and a port that it gives
  // up must be free, while the child still writes.
  CloseAllBut(kept_fds, count);
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  DieFirstWhenMemoryRunsOut();
}

void LetHostRunFirst() { setpriority(PRIO_PROCESS, 0, kNice); }

void LeaveChild(int status) {
  if (HostCalledExec()) {
    // Programs that do nothing. The last one is Ruby, which always exists.
    constexpr const char* kPrograms[] = {"/bin/true", "/usr/bin/true",
                                         "/proc/self/exe"};
    for (const char* program : kPrograms) {
      char name[] = "heap_dump";
      char option[] = "--version";
      char* arguments[] = {name, option, nullptr};
      char* environment[] = {nullptr};
      execve(program, arguments, environment);
    }
  }
  _exit(status);
}

}  // namespace heap_dump
