#ifndef HEAP_DUMP_CAPTURE_CLOCK_H_
#define HEAP_DUMP_CAPTURE_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace heap_dump {

constexpr int64_t kNsPerMs = 1000000;
constexpr int64_t kNsPerSecond = 1000 * kNsPerMs;

// Returns the monotonic clock in nanoseconds.
inline int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_CLOCK_H_
