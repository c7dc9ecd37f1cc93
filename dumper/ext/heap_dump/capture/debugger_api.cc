// The plain C functions around dumps; those around counts are in
// debugger_count_api.cc. They run no Ruby code and do not use malloc. Each
// checks first whether the heap may be read, and refuses with a code.
#include "capture/debugger_api.h"

#include <errno.h>
#include <ruby.h>
#include <string.h>
#include <sys/random.h>

#include <new>

#include "capture/clock.h"
#include "capture/dump_lock.h"
#include "capture/dump_status.h"
#include "capture/request.h"
#include "capture/safe_point_check.h"
#include "capture/snapshot.h"
#include "capture/stop_the_world.h"
#include "ruby/postponed_job.h"

namespace heap_dump {
namespace {

constexpr char kDefaultPath[] = "dump.json";
constexpr int64_t kTimeoutMs = 600 * 1000;
// The time that a writer needs after its timeout to remove its file.
constexpr int64_t kGraceMs = 1000;

bool EndsIn(const char* text, const char* end) {
  const size_t length = strlen(text);
  const size_t end_length = strlen(end);
  return length > end_length && strcmp(text + length - end_length, end) == 0;
}

Compression CompressionOf(const char* path) {
  if (EndsIn(path, ".gz")) return Compression::kGzip;
  if (EndsIn(path, ".zst")) return Compression::kZstd;
  return Compression::kNone;
}

// The dump that heapdump_begin began. Never destroyed: a worker that the
// program forked meanwhile must not end its parent's dump when it exits.
Snapshot* Current() {
  // No guarded static: its lock could be in the hands of a stopped thread.
  alignas(Snapshot) static char place[sizeof(Snapshot)];
  static Snapshot* snapshot = nullptr;
  if (snapshot == nullptr) snapshot = new (place) Snapshot;
  return snapshot;
}

Request RequestFor(const char* path) {
  Request request;
  request.path = path ? path : kDefaultPath;
  request.compression = CompressionOf(request.path);
  request.timeout_ms = kTimeoutMs;
  if (heapdump_garbage) request.walk.selection = Selection::kEverything;
  request.bytes_per_second = heapdump_rate > 0 ? heapdump_rate : 0;
  // A moment of the host's, in the middle of anything: what goes wrong must
  // go wrong in a copy.
  request.fallback = heapdump_fork_allowed ? Fallback::kFork : Fallback::kRaise;
  request.gather_first = false;
  return request;
}

// A number that means nothing shows nothing.
StringMode StringsAskedFor() {
  constexpr StringMode kModes[] = {StringMode::kFull, StringMode::kTruncate,
                                   StringMode::kNone, StringMode::kHash};
  return heapdump_strings >= 0 && heapdump_strings < 4
             ? kModes[heapdump_strings]
             : StringMode::kNone;
}

// `begin` is Snapshot::Begin or does as it does.
template <typename Begin>
Outcome BeginUnlessBusy(const char* path, Begin begin) {
  // Ends an earlier dump whose result was never fetched.
  heapdump_end(0);
  Request request = RequestFor(path);
  request.walk.strings = StringsAskedFor();
  if (getrandom(request.walk.hash_key, sizeof(request.walk.hash_key),
                GRND_NONBLOCK) < 0) {
    return {Code::kNoRandomness, errno};
  }
  if (!ClaimDump()) return {Code::kBusy, 0};
  const int64_t start = MonotonicNs();
  const Outcome outcome = begin(request);
  const int64_t stop_ns = MonotonicNs() - start;
  Current()->SetStop(stop_ns);
  heapdump_stop_us = stop_ns / 1000;
  if (!outcome.ok()) {
    Current()->Abandon();
    ReleaseDump();
  }
  return outcome;
}

// At a place where Ruby code could run, malloc may be used, and a collection
// be made.
Outcome BeginAtSafePoint(Request request, int* raised) {
  request.gather_first = true;
  if (heapdump_gc) {
    rb_protect([](VALUE) { return rb_gc_start(); }, Qnil, raised);
    if (*raised != 0) return {Code::kCollecting, 0};
    request.walk.collected = true;
    request.walk.selection = Selection::kEverything;
  }
  // A minor collection that nothing asks for would take garbage away.
  const Outcome outcome =
      BeginSafely(request, heapdump_one_ractor == 0, Current(), raised);
  return *raised == 0 ? outcome : Outcome{Code::kSeveralRactors, 0};
}

// Called by Ruby.
void BeginPending(void*) {
  if (!heapdump_pending) return;
  int raised = 0;
  Told(BeginUnlessBusy(heapdump_argument, [&](const Request& request) {
    return BeginAtSafePoint(request, &raised);
  }));
  heapdump_pending = 0;
  if (raised != 0) rb_jump_tag(raised);
}

}  // namespace

int Told(const Outcome& outcome) {
  heapdump_detail = outcome.detail;
  heapdump_code = static_cast<int>(outcome.code);
  return heapdump_code;
}

}  // namespace heap_dump

using heap_dump::Code;
using heap_dump::Outcome;

int heapdump_code = 0;
int heapdump_detail = 0;
long heapdump_objects = 0;
char heapdump_argument[4096];
int heapdump_argument_size = sizeof(heapdump_argument);
int heapdump_pending = 0;
int heapdump_strings = 0;
int heapdump_fork_allowed = 0;
int heapdump_gc = 0;
int heapdump_garbage = 0;
int heapdump_one_ractor = 0;
long heapdump_rate = 0;
long heapdump_stop_us = 0;

int heapdump_begin(const char* path) {
  const Code refusal = heap_dump::CheckHost();
  if (refusal != Code::kOk) return heap_dump::Told({refusal, 0});
  return heap_dump::Told(
      heap_dump::BeginUnlessBusy(path, [](const heap_dump::Request& request) {
        return heap_dump::Current()->Begin(request);
      }));
}

int heapdump_begin_argument(void) { return heapdump_begin(heapdump_argument); }

int heapdump_begin_later(void) {
  if (!heap_dump::OnRubyThread()) {
    return heap_dump::Told({Code::kNotRubyThread, 0});
  }
  heapdump_pending = 1;
  if (!heap_dump::RunAtSafePoint(heap_dump::BeginPending)) {
    heapdump_pending = 0;
    return heap_dump::Told({Code::kBusy, 0});
  }
  return heap_dump::Told({});
}

const void* heapdump_ractor(void) { return heap_dump::RactorOfThread(); }

int heapdump_end(int wait) {
  heap_dump::Snapshot* snapshot = heap_dump::Current();
  Outcome outcome;
  if (wait) snapshot->AwaitEnd(heap_dump::kTimeoutMs + heap_dump::kGraceMs);
  if (!snapshot->TryFinish(&outcome)) {
    return heap_dump::Told({Code::kRunning, 0});
  }
  if (outcome.code == Code::kNothingTaken) return heap_dump::Told(outcome);
  heapdump_objects = static_cast<long>(snapshot->report().stats.objects);
  snapshot->Abandon();
  heap_dump::ReleaseDump();
  return heap_dump::Told(outcome);
}

int heapdump_dump(const char* path) {
  const int code = heapdump_begin(path);
  return code == 0 ? heapdump_end(1) : code;
}

const char* heapdump_message(int code) {
  return heap_dump::Sentence(static_cast<Code>(code));
}
