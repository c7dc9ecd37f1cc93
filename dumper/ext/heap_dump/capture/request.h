#ifndef HEAP_DUMP_CAPTURE_REQUEST_H_
#define HEAP_DUMP_CAPTURE_REQUEST_H_

#include <cstdint>

#include "walk/walk.h"

namespace heap_dump {

enum class Mode { kClone, kFork, kInPlace };

// The replacement for mode kClone when the system refuses clone(2).
enum class Fallback {
  // fork(2), which stops the program for about as long; no dump if that is
  // refused as well.
  kFork,
  // The program writes itself, and stands still meanwhile.
  kInPlace,
  // No dump.
  kRaise,
};

enum class Compression { kNone, kGzip, kZstd };

// The word of format.md for a mode.
inline const char* ModeName(Mode mode) {
  switch (mode) {
    case Mode::kClone:
      return "clone";
    case Mode::kFork:
      return "fork";
    case Mode::kInPlace:
      break;
  }
  return "in_place";
}

// The request for a dump. Plain data: it is read in a process where nothing may
// be allocated.
struct Request {
  // Where to: a file's name, or else an open descriptor, which stays the
  // caller's.
  const char* path = nullptr;
  int fd = -1;
  Mode mode = Mode::kClone;
  Compression compression = Compression::kNone;
  // The caller of Snapshot handles kInPlace.
  Fallback fallback = Fallback::kFork;
  // Allocate the memory of the walk before the process is copied, and for a
  // dump of everything also ask Ruby for the pages of its heap. Off where a
  // debugger stopped the process: there the copy is still the safer place.
  bool gather_first = true;
  // The copy of the process does without Ruby's layout, and so without many
  // names. Not with mode kInPlace.
  bool without_layout = false;
  // Why this request is not the one that the user made, for the header and the
  // result; null if it is that one.
  const char* reason = nullptr;
  // Milliseconds for the whole dump; 0: no limit.
  int64_t timeout_ms = 0;
  // The most that goes to the target; 0: no limit. Not with mode kInPlace.
  uint64_t bytes_per_second = 0;
  WalkOptions walk;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_REQUEST_H_
