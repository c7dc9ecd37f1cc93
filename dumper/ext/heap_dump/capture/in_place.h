#ifndef HEAP_DUMP_CAPTURE_IN_PLACE_H_
#define HEAP_DUMP_CAPTURE_IN_PLACE_H_

#include <cstdint>

#include "capture/dump_status.h"
#include "capture/report.h"
#include "capture/request.h"

namespace heap_dump {

// The result of TakeInPlace.
struct InPlaceResult {
  Outcome outcome;
  // The state of rb_protect: not 0 if an exception or the end of the thread
  // came first.
  int interrupt = 0;
  // Nanoseconds for which the program stood still.
  int64_t stop_ns = 0;
  // The file is still being opened, written or removed by a thread that waits
  // for a disk.
  bool left_behind = false;
  Report report;
};

// Writes a dump in mode kInPlace: the program stands still for the walk. The
// file is opened, written, flushed and named by a native thread, so that a disk
// that does not answer holds the caller until `deadline_ns` (MonotonicNs, 0: no
// limit) and no longer; where the system refuses a thread, the calling thread
// does that itself, without the GVL except for the writing. A pipe, a socket
// and a terminal are refused. The GVL is held; there is one Ractor.
void TakeInPlace(const Request& request, int64_t deadline_ns,
                 InPlaceResult* result);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_IN_PLACE_H_
