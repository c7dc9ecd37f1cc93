#include "take/take_method.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <ruby.h>
#include <ruby/thread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "allocation_sites.h"
#include "take/clock.h"
#include "take/entry_points.h"
#include "take/one_at_a_time.h"
#include "take/outcome.h"
#include "take/request.h"
#include "take/snapshot.h"
#include "take/stopped_world.h"

namespace heap_dump {
namespace {

// More than the child's own deadline, for what it still has to tidy up.
constexpr int kGraceMs = 5000;

// Waits without the GVL for a child's end, as often as it takes: a signal
// handler of the program runs in between, and an exception or the end of the
// thread gives the dump up.
class Wait {
 public:
  explicit Wait(int life_fd) : life_fd_(life_fd) {
    wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  ~Wait() {
    if (wake_fd_ >= 0) close(wake_fd_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // The state of rb_protect: not 0 if something was raised. `timeout_ms` 0:
  // no limit; `late` tells that it passed.
  int UntilEnded(int64_t timeout_ms, bool* late) {
    late_ = false;
    limit_ms_ = timeout_ms > 0 ? timeout_ms + kGraceMs : 0;
    began_ms_ = NowMs();
    int state = 0;
    ended_ = false;
    while (!ended_ && !late_ && state == 0) {
      // Wake may run in a signal handler. Otherwise Ruby 3.1 starts a thread
      // for it each time, and with GC.stress the collection that this takes
      // causes an interrupt, which keeps Poll from running, over and over.
      rb_nogvl(Poll, this, Wake, this,
               RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE);
      if (!ended_) rb_protect(CheckInterrupts, 0, &state);
    }
    *late = late_;
    return state;
  }

 private:
  static int64_t NowMs() { return MonotonicNs() / kNsPerMs; }

  static VALUE CheckInterrupts(VALUE) {
    rb_thread_check_ints();
    return Qnil;
  }

  static void* Poll(void* self) {
    Wait* wait = static_cast<Wait*>(self);
    pollfd fds[] = {{wait->life_fd_, POLLIN, 0}, {wait->wake_fd_, POLLIN, 0}};
    int64_t left = -1;
    if (wait->limit_ms_ > 0) {
      left = wait->began_ms_ + wait->limit_ms_ - NowMs();
      if (left < 0) left = 0;
    }
    const int ready =
        poll(fds, 2, static_cast<int>(std::min<int64_t>(left, INT_MAX)));
    if (ready == 0 && left >= 0 && left <= INT_MAX) wait->late_ = true;
    if (ready > 0 && fds[0].revents != 0) wait->ended_ = true;
    if (ready > 0 && fds[1].revents != 0) {
      uint64_t count;
      if (read(wait->wake_fd_, &count, sizeof(count)) < 0) {
        // Someone else's wake-up was read together with ours.
      }
    }
    return nullptr;
  }

  // Called by other threads and in signal handlers.
  static void Wake(void* self) {
    const uint64_t one = 1;
    if (write(static_cast<Wait*>(self)->wake_fd_, &one, sizeof(one)) < 0) {
      // Full: it wakes up already.
    }
  }

  const int life_fd_;
  int wake_fd_ = -1;
  int64_t limit_ms_ = 0;
  int64_t began_ms_ = 0;
  bool ended_ = false;
  bool late_ = false;
};

struct Taken {
  Request request;
  bool several_ractors = false;
  Outcome outcome;
  // Of rb_protect: the exception that interrupted the dump.
  int interrupt = 0;
  Mode mode = Mode::kClone;
  char fallback[192] = {};
  int64_t stop_ns = 0;
  Report report;
};

void* CompleteWithoutGvl(void* snapshot) {
  static_cast<Snapshot*>(snapshot)->Complete();
  return nullptr;
}

void TakeOnce(const Request& request, Taken* taken, bool* target_unchanged) {
  *target_unchanged = false;
  Snapshot snapshot;
  taken->outcome =
      taken->several_ractors
          ? BeginWithWorldStopped(request, &snapshot, &taken->interrupt)
          : snapshot.Begin(request);
  if (!taken->outcome.ok() || taken->interrupt != 0) return;
  if (snapshot.life_fd() >= 0) {
    Wait wait(snapshot.life_fd());
    bool late = false;
    taken->interrupt = wait.UntilEnded(request.timeout_ms, &late);
    if (taken->interrupt != 0) return;
    if (late) {
      taken->outcome = {Code::kTimeout, 0};
      return;
    }
  }
  // The end of a large process takes a while, and so does a disk.
  rb_thread_call_without_gvl2(CompleteWithoutGvl, &snapshot, nullptr, nullptr);
  taken->outcome = snapshot.Finish();
  taken->mode = snapshot.mode();
  snprintf(taken->fallback, sizeof(taken->fallback), "%s", snapshot.fallback());
  taken->stop_ns += snapshot.stop_ns();
  taken->report = snapshot.report();
  *target_unchanged = snapshot.target_unchanged();
}

// Raises nothing, so that every destructor runs.
void Take(Taken* taken) {
  const int64_t began = MonotonicNs();
  bool target_unchanged;
  TakeOnce(taken->request, taken, &target_unchanged);
  if (taken->outcome.code != Code::kChildCrashed || !target_unchanged) return;

  // Where it crashed, something of Ruby's may not be where it was thought to
  // be. What the GC tells is enough for all but names.
  Request again = taken->request;
  char why[sizeof(taken->fallback)];
  snprintf(why, sizeof(why),
           "without Ruby's layout, as the first try crashed: signal %d (%s)",
           taken->outcome.detail, strsignal(taken->outcome.detail));
  again.without_layout = why;
  again.in_place_allowed = false;
  if (again.timeout_ms > 0) {
    again.timeout_ms -= (MonotonicNs() - began) / kNsPerMs;
    if (again.timeout_ms <= 0) return;
  }
  TakeOnce(again, taken, &target_unchanged);
}

[[noreturn]] void Raise(const char* path, const Outcome& outcome) {
  char text[512];
  Describe(outcome, text, sizeof(text));
  const VALUE module = rb_path2class("HeapDump");
  const VALUE klass =
      rb_const_get(module, rb_intern(ExceptionName(outcome.code)));
  if (path == nullptr) rb_raise(klass, "%s", text);
  rb_raise(klass, "%s: %s", path, text);
}

VALUE ResultOf(const Taken& taken) {
  VALUE fallback = Qnil;
  if (taken.fallback[0] != '\0') fallback = rb_str_new_cstr(taken.fallback);
  const WalkStats& stats = taken.report.stats;
  return rb_ary_new_from_args(8, ULL2NUM(stats.objects), ULL2NUM(stats.edges),
                              ULL2NUM(taken.report.bytes),
                              ID2SYM(rb_intern(ModeName(taken.mode))),
                              DBL2NUM(taken.stop_ns / 1e9), Qnil, fallback,
                              ULL2NUM(stats.unnamed_edges));
}

// take(path or nil, fd, mode, compression, strings, timeout_ms, ractors,
// truncate_bytes): choices by their index in lib/heap_dump/dump.rb.
VALUE TakeMethod(VALUE, VALUE path, VALUE fd, VALUE mode, VALUE compression,
                 VALUE strings, VALUE timeout_ms, VALUE several_ractors,
                 VALUE truncate_bytes) {
  constexpr Mode kModes[] = {Mode::kClone, Mode::kInPlace, Mode::kFork};
  Taken taken;
  Request& request = taken.request;
  request.path = NIL_P(path) ? nullptr : StringValueCStr(path);
  request.fd = NUM2INT(fd);
  request.mode = kModes[NUM2INT(mode)];
  request.compression = static_cast<Compression>(NUM2INT(compression));
  request.walk.strings = static_cast<StringMode>(NUM2INT(strings));
  request.walk.truncate_bytes = NUM2SIZET(truncate_bytes);
  request.timeout_ms = NUM2LL(timeout_ms);
  // Another key in every dump: a short secret cannot be guessed by its hash.
  if (getrandom(request.walk.hash_key, sizeof(request.walk.hash_key), 0) < 0) {
    Raise(nullptr, {Code::kNoRandomness, errno});
  }
  FindAllocationSites();
  taken.several_ractors = RTEST(several_ractors);
  // A debugger may have begun one and gone away.
  heapdump_end(0);
  if (!ClaimDump()) Raise(nullptr, {Code::kBusy, 0});
  Take(&taken);
  ReleaseDump();
  if (taken.interrupt != 0) rb_jump_tag(taken.interrupt);
  if (!taken.outcome.ok()) Raise(request.path, taken.outcome);
  RB_GC_GUARD(path);
  return ResultOf(taken);
}

}  // namespace

void DefineTakeMethod(VALUE module) {
  rb_define_private_method(rb_singleton_class(module), "take",
                           RUBY_METHOD_FUNC(TakeMethod), 8);
}

}  // namespace heap_dump
