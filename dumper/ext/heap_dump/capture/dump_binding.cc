#include "capture/dump_binding.h"

#include <errno.h>
#include <ruby.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include <algorithm>
#include <cstdint>

#include "capture/clock.h"
#include "capture/debugger_api.h"
#include "capture/dump_lock.h"
#include "capture/dump_status.h"
#include "capture/in_place.h"
#include "capture/lock_watch.h"
#include "capture/reaper.h"
#include "capture/request.h"
#include "capture/snapshot.h"
#include "capture/stop_the_world.h"
#include "capture/without_gvl.h"
#include "layout/layout.h"
#include "objects/allocation_sites.h"
#include "sampling/sampler.h"

namespace heap_dump {
namespace {

// The caller has its answer this long after the timeout at the latest. A writer
// ends itself at the timeout and has half of the time to remove its file; then
// it is asked to end, and after the other half left to the reaper.
constexpr int64_t kGraceMs = 1000;

struct Taken {
  Request request;
  bool several_ractors = false;
  // By MonotonicNs; 0: none.
  int64_t deadline_ns = 0;
  Outcome outcome;
  // The state of rb_protect: the exception that interrupted the dump.
  int interrupt = 0;
  Mode mode = Mode::kClone;
  char fallback[192] = {};
  // The process that could not be reaped in time, else 0.
  pid_t unreaped = 0;
  // A thread of this process still waits for the disk.
  bool left_behind = false;
  // Since when this thread has kept others from running Ruby code.
  int64_t stopped_since = MonotonicNs();
  // The sum of such times that are over.
  int64_t stop_ns = 0;
  Report report;
};

// The GVL is about to be released.
void GoOn(Snapshot* snapshot, Taken* taken) {
  const int64_t now = MonotonicNs();
  taken->stop_ns += now - taken->stopped_since;
  snapshot->SetStop(taken->stop_ns);
}

// False if the time is over.
bool SetTimeLeft(const Taken& taken, Request* request) {
  if (taken.deadline_ns == 0) return true;
  request->timeout_ms = (taken.deadline_ns - MonotonicNs()) / kNsPerMs;
  return request->timeout_ms > 0;
}

struct Ending {
  Snapshot* snapshot;
  bool ended = false;
  pid_t unreaped = 0;
};

void CompleteWriter(void* argument) {
  Ending* const ending = static_cast<Ending*>(argument);
  ending->ended = ending->snapshot->Complete(kGraceMs / 2);
}

void GiveUpWriter(void* argument) {
  Ending* const ending = static_cast<Ending*>(argument);
  ending->unreaped = ending->snapshot->GiveUp(kGraceMs / 2);
}

void SetResult(const Snapshot& snapshot, Taken* taken) {
  taken->mode = snapshot.mode();
  snprintf(taken->fallback, sizeof(taken->fallback), "%s", snapshot.fallback());
  taken->report = snapshot.report();
}

// Why a wait for the writer was over.
enum class Waited { kForItsEnd, kForTooLong, kForALock };

// Waits for the end of the writer until its time is over, or until it is seen
// to wait for what will not happen.
Waited WaitForWriter(const Snapshot& snapshot, Taken* taken) {
  int64_t limit = taken->deadline_ns;
  if (limit > 0) limit += kGraceMs / 2 * kNsPerMs;
  Wait wait(snapshot.life_fd());
  LockWatch watch(snapshot.writer());
  while (true) {
    int64_t next_look = MonotonicNs() + LockWatch::kIntervalNs;
    if (limit > 0) next_look = std::min(next_look, limit);
    bool late = false;
    taken->interrupt = wait.UntilReadable(next_look, &late);
    if (taken->interrupt != 0 || !late) return Waited::kForItsEnd;
    if (limit > 0 && MonotonicNs() >= limit) return Waited::kForTooLong;
    if (watch.Hangs()) return Waited::kForALock;
  }
}

// Waits for the end of the writer until its time is over, then ends it.
void AwaitWriter(Snapshot* snapshot, Taken* taken) {
  Waited waited = Waited::kForItsEnd;
  if (taken->interrupt == 0) waited = WaitForWriter(*snapshot, taken);
  Ending ending{snapshot};
  int state = 0;
  if (taken->interrupt == 0 && waited == Waited::kForItsEnd) {
    state = RunWithoutGvl(CompleteWriter, &ending);
  }
  if (!ending.ended) {
    // It hangs, at the latest in its own end, when it has reported already.
    SetResult(*snapshot, taken);
    state = RunWithoutGvl(GiveUpWriter, &ending);
    taken->unreaped = ending.unreaped;
  }
  if (taken->interrupt == 0) taken->interrupt = state;
  if (taken->unreaped != 0) {
    taken->outcome = {Code::kTimeout, 0};
    if (taken->report.done) taken->outcome = taken->report.outcome;
    return;
  }
  SetResult(*snapshot, taken);
  taken->outcome = snapshot->Finish();
  if (taken->outcome.ok()) return;
  if (waited == Waited::kForTooLong) taken->outcome = {Code::kTimeout, 0};
  if (waited == Waited::kForALock) {
    taken->outcome = {Code::kChildWaitsForLock, 0};
  }
}

void TakeCopied(Request request, Taken* taken, bool* target_unchanged) {
  *target_unchanged = false;
  const AllocationSamples samples = LookAtSamples();
  request.walk.samples = &samples;
  taken->stopped_since = MonotonicNs();
  Snapshot snapshot;
  taken->outcome = BeginSafely(request, taken->several_ractors, &snapshot,
                               &taken->interrupt);
  GoOn(&snapshot, taken);
  if (!taken->outcome.ok()) return;
  AwaitWriter(&snapshot, taken);
  *target_unchanged = taken->unreaped == 0 && snapshot.target_unchanged();
}

void TakeInThisProcess(Request request, Taken* taken) {
  if (taken->several_ractors) {
    taken->outcome = {Code::kSeveralRactors, 0};
    return;
  }
  const AllocationSamples samples = LookAtSamples();
  request.walk.samples = &samples;
  InPlaceResult result;
  TakeInPlace(request, taken->deadline_ns, &result);
  taken->outcome = result.outcome;
  taken->interrupt = result.interrupt;
  taken->mode = Mode::kInPlace;
  snprintf(taken->fallback, sizeof(taken->fallback), "%s",
           request.reason ? request.reason : "");
  taken->stop_ns += result.stop_ns;
  taken->left_behind = result.left_behind;
  taken->report = result.report;
}

void TakeAgainInPlace(Taken* taken) {
  char why[sizeof(taken->fallback)];
  snprintf(why, sizeof(why), "in place, as the system refused a process: %s",
           strerror(taken->outcome.detail));
  const int error = taken->outcome.detail;
  Request again = taken->request;
  again.mode = Mode::kInPlace;
  again.reason = why;
  if (!SetTimeLeft(*taken, &again)) {
    taken->outcome = {Code::kTimeout, 0};
    return;
  }
  TakeInThisProcess(again, taken);
  if (taken->outcome.code == Code::kStreamInPlace) {
    taken->outcome = {Code::kCloneRefusedStream, error};
  }
}

// Where the first try crashed, something of Ruby's may not be where it was
// thought to be. What the GC reports is enough for all but names.
void TakeAgainWithoutLayout(Taken* taken) {
  char why[sizeof(taken->fallback)];
  snprintf(why, sizeof(why),
           "without Ruby's layout, as the first try crashed: signal %d (%s)",
           taken->outcome.detail, strsignal(taken->outcome.detail));
  Request again = taken->request;
  again.without_layout = true;
  again.reason = why;
  if (!SetTimeLeft(*taken, &again)) return;
  bool target_unchanged;
  TakeCopied(again, taken, &target_unchanged);
}

// Another copy, made at another moment, mostly finds the lock free.
void TakeAgainAfterLock(Taken* taken) {
  Request again = taken->request;
  again.reason = "at the second try, as the first one waited for a lock";
  if (!SetTimeLeft(*taken, &again)) return;
  bool target_unchanged;
  TakeCopied(again, taken, &target_unchanged);
}

void TakeAsAsked(Taken* taken) {
  if (taken->request.mode == Mode::kInPlace) {
    TakeInThisProcess(taken->request, taken);
    return;
  }
  bool target_unchanged;
  TakeCopied(taken->request, taken, &target_unchanged);
  if (taken->interrupt != 0) return;
  if (taken->outcome.code == Code::kCloneRefused &&
      taken->request.fallback == Fallback::kInPlace &&
      !taken->several_ractors) {
    TakeAgainInPlace(taken);
  } else if (taken->outcome.code == Code::kChildCrashed && target_unchanged) {
    TakeAgainWithoutLayout(taken);
  } else if (taken->outcome.code == Code::kChildWaitsForLock &&
             target_unchanged) {
    TakeAgainAfterLock(taken);
  }
}

// A full collection; finalizers may run. What they raise is Ruby's to report.
void CollectGarbage(Taken* taken) {
  const int64_t start = MonotonicNs();
  rb_protect([](VALUE) { return rb_gc_start(); }, Qnil, &taken->interrupt);
  taken->stop_ns += MonotonicNs() - start;
  taken->request.walk.collected = true;
  // The objects that are left are those that Ruby itself found reachable.
  taken->request.walk.selection = Selection::kEverything;
}

// Raises nothing, so that every destructor runs.
void Take(bool collect, Taken* taken) {
  if (collect) CollectGarbage(taken);
  if (taken->interrupt != 0) return;
  TakeAsAsked(taken);
  if (taken->interrupt != 0 ||
      taken->outcome.code != Code::kFinalizersUnknown) {
    return;
  }
  CollectGarbage(taken);
  taken->request.reason =
      "after a collection, as this Ruby does not show what finalizers refer to";
  if (taken->interrupt != 0 || !SetTimeLeft(*taken, &taken->request)) return;
  TakeAsAsked(taken);
}

void ReapOthers(void*) { ReapAbandoned(); }

// Describes what is left of the dump after its answer; empty if nothing is.
void DescribeRest(const Taken& taken, char* buffer, size_t size) {
  buffer[0] = '\0';
  if (taken.unreaped != 0) {
    snprintf(buffer, size,
             "its process %d has not ended; a thread waits for it and removes "
             "what it leaves",
             static_cast<int>(taken.unreaped));
  } else if (taken.left_behind) {
    snprintf(buffer, size,
             "a thread still waits for the disk and removes what is written");
  }
}

[[noreturn]] void Raise(const char* path, const Outcome& outcome,
                        const char* rest = "") {
  char text[1024];
  Describe(outcome, text, sizeof(text));
  if (rest[0] != '\0') {
    const size_t length = strlen(text);
    snprintf(text + length, sizeof(text) - length, "; %s", rest);
  }
  const VALUE module = rb_path2class("HeapDump");
  const VALUE klass =
      rb_const_get(module, rb_intern(ExceptionName(outcome.code)));
  if (path == nullptr) rb_raise(klass, "%s", text);
  rb_raise(klass, "%s: %s", path, text);
}

VALUE ResultOf(const Taken& taken) {
  VALUE fallback = Qnil;
  if (taken.fallback[0] != '\0') fallback = rb_str_new_cstr(taken.fallback);
  VALUE unreaped = Qnil;
  if (taken.unreaped != 0) unreaped = INT2NUM(taken.unreaped);
  VALUE warning = Qnil;
  if (taken.report.warning[0] != '\0') {
    warning = rb_str_new_cstr(taken.report.warning);
  }
  const WalkStats& stats = taken.report.stats;
  const WalkOptions& walk = taken.request.walk;
  return rb_ary_new_from_args(
      12, ULL2NUM(stats.objects), ULL2NUM(stats.edges),
      ULL2NUM(taken.report.bytes), ID2SYM(rb_intern(ModeName(taken.mode))),
      DBL2NUM(taken.stop_ns / 1e9), Qnil, fallback,
      ULL2NUM(stats.unnamed_edges), walk.collected ? Qtrue : Qfalse,
      walk.selection == Selection::kReachable ? Qtrue : Qfalse, warning,
      unreaped);
}

// take(path or nil, fd, mode, compression, strings, timeout_ms, ractors,
// truncate_bytes, fallback, gc, garbage, rate): choices by their index in
// lib/heap_dump/dump.rb.
VALUE TakeMethod(VALUE, VALUE path, VALUE fd, VALUE mode, VALUE compression,
                 VALUE strings, VALUE timeout_ms, VALUE several_ractors,
                 VALUE truncate_bytes, VALUE fallback, VALUE gc, VALUE garbage,
                 VALUE rate) {
  constexpr Mode kModes[] = {Mode::kClone, Mode::kInPlace, Mode::kFork};
  constexpr Fallback kFallbacks[] = {Fallback::kFork, Fallback::kInPlace,
                                     Fallback::kRaise};
  Taken taken;
  Request& request = taken.request;
  request.path = NIL_P(path) ? nullptr : StringValueCStr(path);
  request.fd = NUM2INT(fd);
  request.mode = kModes[NUM2INT(mode)];
  request.compression = static_cast<Compression>(NUM2INT(compression));
  request.walk.strings = static_cast<StringMode>(NUM2INT(strings));
  request.walk.truncate_bytes = NUM2SIZET(truncate_bytes);
  request.timeout_ms = NUM2LL(timeout_ms);
  request.bytes_per_second = NUM2ULL(rate);
  if (RTEST(garbage)) request.walk.selection = Selection::kEverything;
  request.fallback = kFallbacks[NUM2INT(fallback)];
  if (request.timeout_ms > 0) {
    taken.deadline_ns = MonotonicNs() + request.timeout_ms * kNsPerMs;
  }
  // Another key in every dump: a short secret cannot be guessed by its hash.
  if (getrandom(request.walk.hash_key, sizeof(request.walk.hash_key), 0) < 0) {
    Raise(nullptr, {Code::kNoRandomness, errno});
  }
  EnsureLayoutIsProbed();
  FindAllocationSites();
  taken.several_ractors = RTEST(several_ractors);
  // A debugger may have begun one and gone away.
  heapdump_end(0);
  if (!ClaimDump()) Raise(nullptr, {Code::kBusy, 0});
  taken.interrupt = RunWithoutGvl(ReapOthers, nullptr);
  if (taken.interrupt == 0) Take(RTEST(gc), &taken);
  ReleaseDump();
  if (taken.interrupt != 0) rb_jump_tag(taken.interrupt);
  if (!taken.outcome.ok()) {
    char rest[128];
    DescribeRest(taken, rest, sizeof(rest));
    Raise(request.path, taken.outcome, rest);
  }
  RB_GC_GUARD(path);
  return ResultOf(taken);
}

}  // namespace

void DefineTakeMethod(VALUE module) {
  rb_define_private_method(rb_singleton_class(module), "take",
                           RUBY_METHOD_FUNC(TakeMethod), 12);
}

}  // namespace heap_dump
