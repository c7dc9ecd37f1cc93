#ifndef HEAP_DUMP_TAKE_REQUEST_H_
#define HEAP_DUMP_TAKE_REQUEST_H_

#include <cstdint>

#include "walk.h"

namespace heap_dump {

enum class Mode { kClone, kFork, kInPlace };

enum class Compression { kNone, kGzip, kZstd };

// The word of FORMAT.md for a mode.
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

// What a caller wants. Plain data: it is read in a process where nothing may
// be allocated.
struct Request {
  // Where to: a file's name, or else an open descriptor, which stays the
  // caller's.
  const char* path = nullptr;
  int fd = -1;
  Mode mode = Mode::kClone;
  Compression compression = Compression::kNone;
  // Whether this process may write itself if it gets no other for the dump.
  bool in_place_allowed = true;
  // The objects' places are found out before the process is copied, so that
  // the copy need not use malloc for it. Not where a debugger stopped the
  // process: there the copy is the safer place even so.
  bool gather_first = true;
  // Not null: the copy of the process does without Ruby's layout, and so
  // without many names, and this is why. Not with mode kInPlace.
  const char* without_layout = nullptr;
  // Milliseconds for the whole dump; 0: no limit.
  int64_t timeout_ms = 0;
  WalkOptions walk;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_REQUEST_H_
