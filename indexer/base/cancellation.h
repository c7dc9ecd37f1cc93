#ifndef HEAPQ_INDEXER_BASE_STOP_FLAG_H_
#define HEAPQ_INDEXER_BASE_STOP_FLAG_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"

namespace heapq {

// Some milliseconds' work on a heap: so often a long loop asks whether it is
// to go on.
constexpr uint64_t kStepsPerQuestion = 1 << 16;

// A request to stop, from one thread to the long loops of others.
class StopFlag {
 public:
  StopFlag() = default;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  // For a loop that counts its steps: looks at every so many.
  bool StopsAt(uint64_t step) const {
    return step % kStepsPerQuestion == 0 && requested();
  }

 private:
  std::atomic<bool> requested_{false};
};

// What is returned by whoever was told to stop.
inline absl::Status Cancelled() { return absl::CancelledError("cancelled"); }

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_STOP_FLAG_H_
