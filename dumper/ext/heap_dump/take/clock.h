#ifndef HEAP_DUMP_TAKE_CLOCK_H_
#define HEAP_DUMP_TAKE_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace heap_dump {

constexpr int64_t kNsPerMs = 1000000;

// Nanoseconds of the clock that nobody sets.
inline int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_CLOCK_H_
