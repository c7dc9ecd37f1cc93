// The plain C functions that count objects. Counting happens in a copy of the
// process: it needs Ruby's list of pages, which takes malloc and so might
// wait for ever where a debugger stopped the threads.
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "capture/child_process.h"
#include "capture/child_signals.h"
#include "capture/debugger_api.h"
#include "capture/dump_status.h"
#include "capture/report.h"
#include "capture/safe_point_check.h"
#include "heap/count_objects.h"
#include "util/arena.h"

namespace heap_dump {
namespace {

// Less than the two seconds for which a debugger keeps the process stopped.
constexpr int64_t kTimeoutMs = 1500;
constexpr size_t kMostNames = 256;

// The report of the copy to this process.
struct Counted {
  Report report;
  char text[1 << 20];
};

[[noreturn]] void CountInChild(const char* const* names, size_t count,
                               const ChildProcess& self, Counted* counted) {
  InstallChildSignals(nullptr, &counted->report, kTimeoutMs);
  const int kept[] = {self.life_fd()};
  SettleInChild(kept, 1);
  Arena arena;
  ArenaVector<char> json(&arena);
  CountObjects(names, count, &json);
  if (arena.failed() || json.size() >= sizeof(counted->text)) {
    counted->report.outcome = {Code::kNoMemory, 0};
  } else {
    memcpy(counted->text, json.begin(), json.size());
  }
  counted->report.done = 1;
  _exit(0);
}

Outcome Count(const char* const* names, size_t count, Counted* counted) {
  const Code refusal = CheckHost();
  // With several Ractors the copy would wait for those that it does not have.
  if (refusal != Code::kOk) return {refusal, 0};
  ChildProcess child;
  const Outcome started = child.Start(Mode::kClone);
  if (child.is_child()) CountInChild(names, count, child, counted);
  if (!started.ok()) return started;
  const Outcome death = child.Reap();
  return counted->report.done ? counted->report.outcome : death;
}

Outcome CountToText(const char* const* names, size_t count) {
  static void* shared = nullptr;
  if (shared == nullptr) {
    void* pages = mmap(nullptr, sizeof(Counted), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return {Code::kNoMemory, errno};
    shared = pages;
  }
  Counted* const counted = new (shared) Counted();
  const Outcome outcome = Count(names, count, counted);
  heapdump_text = outcome.ok() ? counted->text : nullptr;
  return outcome;
}

int CountList(const char* first, va_list rest) {
  const char* names[kMostNames];
  size_t count = 0;
  for (const char* name = first; name && *name && count < kMostNames;
       name = va_arg(rest, const char*)) {
    names[count++] = name;
  }
  return Told(CountToText(names, count));
}

}  // namespace
}  // namespace heap_dump

char* heapdump_text = nullptr;

int heapdump_count_argument(void) {
  const char* names[heap_dump::kMostNames];
  size_t count = 0;
  for (const char* name = heapdump_argument;
       *name && count < heap_dump::kMostNames; name += strlen(name) + 1) {
    names[count++] = name;
  }
  return heap_dump::Told(heap_dump::CountToText(names, count));
}

int heapdump_count_objects_print(const char* name, ...) {
  va_list rest;
  va_start(rest, name);
  const int code = heap_dump::CountList(name, rest);
  va_end(rest);
  // Not stdio, whose buffer and lock are the program's.
  for (const char* text = heapdump_text; code == 0 && *text;) {
    const ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    if (written <= 0) break;
    text += written;
  }
  return code;
}

char* heapdump_count_objects_return(const char* name, ...) {
  va_list rest;
  va_start(rest, name);
  const int code = heap_dump::CountList(name, rest);
  va_end(rest);
  return code == 0 ? strdup(heapdump_text) : nullptr;
}
