// Where a thread has its state and its value, and a suspended fiber its stack.
#include <time.h>

#include <cstring>

#include "layout/memory.h"
#include "layout/probes.h"

namespace heap_dump {
namespace {

constexpr size_t kThreadBytes = 1024;
constexpr size_t kFiberBytes = 256;
// How long to wait for another thread.
constexpr int kPatienceMs = 500;

// The two status bits of a thread.
constexpr unsigned kSleeps = 1;
constexpr unsigned kSleepsForEver = 2;
constexpr unsigned kHasEnded = 3;

struct Sleeper {
  bool for_ever;
  VALUE value;
};

VALUE Sleep(VALUE for_ever) {
  constexpr int kSeconds = 1000;
  return RTEST(for_ever)
             ? rb_thread_stop()
             : rb_funcall(rb_mKernel, rb_intern("sleep"), 1, INT2FIX(kSeconds));
}

VALUE SleepInThread(void* argument) {
  // A copy: the caller may have stopped waiting.
  const Sleeper sleeper = *static_cast<Sleeper*>(argument);
  int state = 0;
  rb_protect(Sleep, sleeper.for_ever ? Qtrue : Qfalse, &state);
  if (state != 0) rb_set_errinfo(Qnil);
  return sleeper.value;
}

bool Sleeps(VALUE thread) {
  const VALUE status = rb_funcall(thread, rb_intern("status"), 0);
  return RB_TYPE_P(status, T_STRING) &&
         strcmp(RSTRING_PTR(status), "sleep") == 0;
}

VALUE WakeUp(VALUE thread) {
  return rb_funcall(thread, rb_intern("wakeup"), 0);
}

bool HasEnded(VALUE thread) {
  return !RTEST(rb_funcall(thread, rb_intern("alive?"), 0));
}

void Pause() {
  timeval pause = {0, 200};
  rb_thread_wait_for(pause);
}

// A wake-up that comes before it sleeps again is lost.
bool EndThread(VALUE thread) {
  for (int i = 0; i < kPatienceMs && !HasEnded(thread); ++i) {
    int state = 0;
    rb_protect(WakeUp, thread, &state);
    if (state != 0) rb_set_errinfo(Qnil);
    Pause();
  }
  return HasEnded(thread);
}

Memory StructOf(VALUE thread) { return Memory(DataOf(thread), kThreadBytes); }

void KeepStatus(VALUE thread, unsigned status, Findings* findings) {
  findings->of[kThreadStatusField].Keep(StructOf(thread).Where<uint32_t>(
      [status](uint32_t word) { return (word & 3) == status; }));
}

VALUE SuspendWithLocal(RB_BLOCK_CALL_FUNC_ARGLIST(, address)) {
  volatile VALUE local = Qnil;
  *reinterpret_cast<uintptr_t*>(address) = reinterpret_cast<uintptr_t>(&local);
  rb_fiber_yield(0, nullptr);
  return local;
}

uintptr_t g_local;

VALUE SuspendFiber(RB_BLOCK_CALL_FUNC_ARGLIST(, )) {
  return SuspendWithLocal(Qnil, reinterpret_cast<VALUE>(&g_local), 0, nullptr,
                          Qnil);
}

void ProbeFiberStacks(Findings* findings) {
  constexpr size_t kMostWords = 1 << 24;
  for (int i = 0; i < 2; ++i) {
    VALUE fiber = rb_fiber_new(SuspendFiber, Qnil);
    rb_fiber_resume(fiber, 0, nullptr);
    const Memory data(DataOf(fiber), kFiberBytes);
    Candidates found;
    found.Clear();
    for (size_t at = 0; at + layout::kStackToSize + 8 <= data.size(); at += 8) {
      const auto begin = data.At<uintptr_t>(at);
      const auto words = data.At<size_t>(at + layout::kStackToSize);
      if (IsAddress(begin) && words < kMostWords && begin <= g_local &&
          (g_local - begin) / sizeof(VALUE) < words) {
        found.Add(static_cast<int>(at));
      }
    }
    findings->of[kFiberStack].Keep(found);
    rb_fiber_resume(fiber, 0, nullptr);
    RB_GC_GUARD(fiber);
  }
}

}  // namespace

void ProbeSleepers(Findings* findings) {
  ProbeFiberStacks(findings);
  // Outlives them, should one go on for longer than is waited for.
  static Sleeper sleepers[2];
  VALUE threads[2];
  for (int i = 0; i < 2; ++i) {
    sleepers[i] = {i == 1, rb_str_new_cstr("heap_dump")};
    threads[i] = rb_thread_create(
        reinterpret_cast<VALUE (*)(void*)>(SleepInThread), &sleepers[i]);
  }
  for (int i = 0;
       i < kPatienceMs && !(Sleeps(threads[0]) && Sleeps(threads[1])); ++i) {
    Pause();
  }
  if (Sleeps(threads[0]) && Sleeps(threads[1])) {
    KeepStatus(threads[0], kSleeps, findings);
    KeepStatus(threads[1], kSleepsForEver, findings);
  } else {
    // Without them, too much looks like a state.
    findings->of[kThreadStatusField] = {};
  }
  for (int i = 0; i < 2; ++i) {
    if (!EndThread(threads[i])) continue;
    KeepStatus(threads[i], kHasEnded, findings);
    findings->of[kThreadValue].Keep(
        StructOf(threads[i]).WhereWordIs(sleepers[i].value));
  }
  RB_GC_GUARD(threads[0]);
  RB_GC_GUARD(threads[1]);
}

}  // namespace heap_dump
