#ifndef HEAP_DUMP_CAPTURE_REPORT_H_
#define HEAP_DUMP_CAPTURE_REPORT_H_

#include <cstdint>

#include "capture/dump_status.h"
#include "capture/file_target.h"
#include "walk/walk.h"

namespace heap_dump {

// The report of the writing process to the dumped one, in a page that both
// share.
struct Report {
  // Set last: without it the writer ended before it could say anything.
  volatile int32_t done = 0;
  // Set before the first byte goes to the target.
  volatile int32_t target_used = 0;
  // Set by the dumped process: it gave the dump up, so the writer must not give
  // the file its name any more.
  volatile int32_t given_up = 0;
  // The temporary file, for a writer that dies without removing it.
  Leftover leftover;
  Outcome outcome;
  // Bytes that went to the target, after compression.
  uint64_t bytes = 0;
  WalkStats stats;
  // Set by the dumped process when it goes on: nanoseconds for which it
  // stopped.
  volatile int64_t stop_ns = 0;
  // A warning about this system for the caller; may be empty.
  char warning[192] = {};
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_REPORT_H_
