#include "capture/in_place.h"

#include <unistd.h>

#include "capture/clock.h"
#include "capture/in_place_file.h"
#include "capture/without_gvl.h"
#include "capture/write_dump.h"
#include "ruby/heap_pages.h"
#include "util/arena.h"

namespace heap_dump {
namespace {

using Step = InPlaceFile::Step;

// How long to wait, at the end, for the removal of an incomplete file.
constexpr int64_t kDiscardMs = 500;

struct Beginning {
  InPlaceFile* file;
  Step step;
};

void BeginStep(void* argument) {
  const Beginning* const beginning = static_cast<Beginning*>(argument);
  beginning->file->Begin(beginning->step);
}

// Runs a step without the GVL. Its outcome, kTimeout if it still runs.
Outcome Run(InPlaceFile* file, Step step, int64_t deadline_ns,
            InPlaceResult* result) {
  Beginning beginning{file, step};
  int state = RunWithoutGvl(BeginStep, &beginning);
  bool late = false;
  if (state == 0 && file->done_fd() >= 0) {
    state = Wait(file->done_fd()).UntilReadable(deadline_ns, &late);
  }
  // Does not wait: only takes notice of the end.
  const bool done = file->WaitUntilDone(1);
  if (state != 0) result->interrupt = state;
  if (!done) {
    result->left_behind = true;
    return {Code::kTimeout, 0};
  }
  return file->outcome();
}

Outcome WalkIntoFile(const Request& request, InPlaceFile* file,
                     int64_t deadline_ns, InPlaceResult* result) {
  const int64_t start = MonotonicNs();
  Request in_place = request;
  in_place.walk.mode = ModeName(Mode::kInPlace);
  in_place.walk.fallback = request.reason;
  in_place.walk.pid = getpid();
  Arena arena;
  HeapPages pages(&arena);
  const bool everything = in_place.walk.selection == Selection::kEverything;
  if (everything) pages.Gather();
  ReserveForWalk();
  if (everything && !arena.failed()) in_place.walk.pages = &pages;
  InPlaceOutput output(file, deadline_ns);
  Outcome outcome = WriteDump(in_place, &output, &result->report);
  if (outcome.ok() && !output.Finish()) outcome = WriteOutcome(output.error());
  result->stop_ns = MonotonicNs() - start;
  result->report.bytes = file->total();
  // The next step must not begin before this one has ended.
  result->left_behind = !output.WaitForLast();
  return outcome;
}

}  // namespace

void TakeInPlace(const Request& request, int64_t deadline_ns,
                 InPlaceResult* result) {
  InPlaceFile* const file = InPlaceFile::Start(request);
  if (file == nullptr) {
    result->outcome = {Code::kNoMemory, 0};
    return;
  }
  Outcome outcome = Run(file, Step::kOpen, deadline_ns, result);
  const bool opened = outcome.ok();
  if (outcome.ok() && file->is_stream()) outcome = {Code::kStreamInPlace, 0};
  if (outcome.ok() && result->interrupt == 0) {
    outcome = WalkIntoFile(request, file, deadline_ns, result);
  }
  if (outcome.ok() && result->interrupt == 0) {
    outcome = Run(file, Step::kCommit, deadline_ns, result);
  } else if (opened && !result->left_behind) {
    const int64_t limit = MonotonicNs() + kDiscardMs * kNsPerMs;
    Run(file, Step::kDiscard, limit, result);
  }
  file->Leave();
  result->outcome = outcome;
}

}  // namespace heap_dump
