#include "capture/child_signals.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture/child_process.h"

namespace heap_dump {
namespace {

constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE,
                            SIGABRT, SIGSYS, SIGTRAP};

constexpr int kEnds[] = {SIGALRM, SIGTERM};

FileTarget* g_target = nullptr;
Report* g_report = nullptr;
// A crash may be the end of the stack itself.
alignas(16) char g_stack[1 << 16];

void End(int signal) {
  Outcome outcome{Code::kChildCrashed, signal};
  if (signal == SIGALRM) outcome = {Code::kTimeout, 0};
  if (signal == SIGTERM) outcome = {Code::kChildKilled, signal};
  if (g_target) g_target->Discard();
  g_report->outcome = outcome;
  g_report->done = 1;
  LeaveChild(1);
}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void InstallChildSignals(FileTarget* target, Report* report,
                         int64_t timeout_ms) {
  g_target = target;
  g_report = report;
  stack_t stack = {};
  stack.ss_sp = g_stack;
  stack.ss_size = sizeof(g_stack);
  sigaltstack(&stack, nullptr);

  for (int signal = 1; signal < NSIG; ++signal) Handle(signal, SIG_DFL);
  Handle(SIGPIPE, SIG_IGN);
  Handle(SIGXFSZ, SIG_IGN);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : kCrashes) {
    Handle(signal, End);
    sigaddset(&wanted, signal);
  }
  for (int signal : kEnds) {
    Handle(signal, End);
    sigaddset(&wanted, signal);
  }
  if (timeout_ms > 0) {
    itimerval timer = {};
    timer.it_value.tv_sec = timeout_ms / 1000;
    timer.it_value.tv_usec = timeout_ms % 1000 * 1000;
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
  sigprocmask(SIG_UNBLOCK, &wanted, nullptr);
}

bool IsCrash(int signal) {
  for (int crash : kCrashes) {
    if (signal == crash) return true;
  }
  return false;
}

void HoldChildSignals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace heap_dump
