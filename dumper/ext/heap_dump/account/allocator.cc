#include "account/allocator.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
// Declared here, because which of them there are is known when the library is
// loaded, not when it is compiled.
struct HeapDumpMallinfo2 {
  size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks,
      fordblks, keepcost;
};
struct HeapDumpMallinfo {
  int arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks,
      fordblks, keepcost;
};
HeapDumpMallinfo2 mallinfo2(void) __attribute__((weak));  // glibc 2.33
HeapDumpMallinfo mallinfo(void) __attribute__((weak));
int mallctl(const char* name, void* old_value, size_t* old_size,
            void* new_value, size_t new_size) __attribute__((weak));
int mi_version(void) __attribute__((weak));
const char* tc_version(int*, int*, const char**) __attribute__((weak));
}

namespace heap_dump {
namespace {

// The copy runs at the lowest priority, and so does the helper.
constexpr int kWaitMs = 1000;
constexpr size_t kStackSize = 256 << 10;

uint64_t JemallocFigure(const char* name) {
  size_t value = 0;
  size_t size = sizeof(value);
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

AllocatorStatistics AskJemalloc() {
  AllocatorStatistics answer;
  // Its figures are those of the last epoch.
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  if (mallctl("epoch", &epoch, &size, &epoch, size) != 0) {
    answer.why = "jemalloc was built without statistics";
    return answer;
  }
  answer.in_use = JemallocFigure("stats.allocated");
  answer.resident = JemallocFigure("stats.resident");
  answer.known = answer.in_use > 0;
  if (!answer.known) answer.why = "jemalloc was built without statistics";
  return answer;
}

AllocatorStatistics AskGlibc() {
  AllocatorStatistics answer;
  answer.known = true;
  if (mallinfo2 != nullptr) {
    const HeapDumpMallinfo2 info = mallinfo2();
    answer.in_use = info.uordblks;
    answer.mapped = info.hblkhd;
    answer.free = info.fordblks;
    answer.top = info.keepcost;
    return answer;
  }
  // Its figures wrap at 4 GiB. The account then leaves them out, because they
  // do not fit what is resident.
  const HeapDumpMallinfo info = mallinfo();
  answer.in_use = static_cast<unsigned>(info.uordblks);
  answer.mapped = static_cast<unsigned>(info.hblkhd);
  answer.free = static_cast<unsigned>(info.fordblks);
  answer.top = static_cast<unsigned>(info.keepcost);
  return answer;
}

AllocatorStatistics Ask() {
  if (mallctl != nullptr) return AskJemalloc();
  AllocatorStatistics answer;
  if (mi_version != nullptr || tc_version != nullptr) {
    answer.why = "this allocator cannot be asked";
    return answer;
  }
  if (mallinfo2 != nullptr || mallinfo != nullptr) return AskGlibc();
  answer.why = "the C library has no mallinfo";
  return answer;
}

struct Question {
  AllocatorStatistics answer;
  std::atomic<bool> answered{false};
};

constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// The copy is not one moment of what threads without the GVL do: the allocator
// may be inconsistent in it. Where a signal that dumps core ends a process, the
// kernel ends all that share its memory, so the helper exits instead.
void LeaveHelper(int) { _exit(1); }

int RunHelper(void* question) {
  // It must not outlive the copy, nor run its handlers.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  sigset_t crashes;
  sigemptyset(&crashes);
  for (const int each : kCrashes) {
    signal(each, LeaveHelper);
    sigaddset(&crashes, each);
  }
  signal(SIGTERM, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &crashes, nullptr);
  auto* const asked = static_cast<Question*>(question);
  asked->answer = Ask();
  asked->answered.store(true, std::memory_order_release);
  return 0;
}

// True if the helper has ended within kWaitMs.
bool AwaitHelper(pid_t helper) {
  const timespec pause = {0, 200000};
  for (int waited_us = 0; waited_us < kWaitMs * 1000; waited_us += 200) {
    const pid_t ended = waitpid(helper, nullptr, __WALL | WNOHANG);
    if (ended == helper || (ended < 0 && errno != EINTR)) return true;
    nanosleep(&pause, nullptr);
  }
  return false;
}

AllocatorStatistics AskInHelper() {
  AllocatorStatistics answer;
  void* const stack = mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) {
    answer.why = "no memory for a helper process";
    return answer;
  }
  Question question;
  const pid_t helper = clone(RunHelper, static_cast<char*>(stack) + kStackSize,
                             CLONE_VM | CLONE_UNTRACED, &question);
  if (helper < 0) {
    answer.why = "the system refused a helper process";
  } else if (!AwaitHelper(helper)) {
    kill(helper, SIGKILL);
    waitpid(helper, nullptr, __WALL);
    answer.why = "the allocator was locked";
  } else if (!question.answered.load(std::memory_order_acquire)) {
    answer.why = "the allocator was at work";
  } else {
    answer = question.answer;
  }
  munmap(stack, kStackSize);
  return answer;
}

}  // namespace

const char* AllocatorName() {
  if (mallctl != nullptr) return "jemalloc";
  if (mi_version != nullptr) return "mimalloc";
  if (tc_version != nullptr) return "tcmalloc";
  return mallinfo2 != nullptr || mallinfo != nullptr ? "glibc" : "unknown";
}

AllocatorStatistics AskAllocator(bool in_copy) {
  return in_copy ? AskInHelper() : Ask();
}

}  // namespace heap_dump
