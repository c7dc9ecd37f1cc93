#ifndef HEAPQ_INDEXER_BASE_CANCELLATION_H_
#define HEAPQ_INDEXER_BASE_CANCELLATION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"

namespace heapq {

// How many steps a long loop takes between two checks for cancellation: some
// milliseconds of work on a heap.
constexpr uint64_t kCancellationInterval = 1 << 16;

// A request to stop, from one thread to the long loops of others.
class StopFlag {
 public:
  StopFlag() = default;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

// The status of work that was cancelled.
inline absl::Status Cancelled() { return absl::CancelledError("cancelled"); }

// Reports to long work that its result is no longer wanted. Check it every few
// milliseconds and end with its status. Cheap to copy.
class Cancellation {
 public:
  // Never cancels.
  Cancellation() = default;
  // Cancels once `flag` is requested. Any thread may check. `flag` must outlive
  // this object and its copies. Implicit, so that a flag can be passed as is.
  Cancellation(const StopFlag& flag) : flag_(&flag) {}
  // Cancels with the first error that `check` returns. `check` runs on the
  // thread that checks.
  static Cancellation By(std::function<absl::Status()> check) {
    Cancellation cancellation;
    cancellation.check_ = std::move(check);
    return cancellation;
  }
  // Cancels once `wanted` returns false.
  static Cancellation Unless(std::function<bool()> wanted) {
    return By([wanted = std::move(wanted)] {
      return wanted() ? absl::OkStatus() : Cancelled();
    });
  }

  absl::Status Check() const {
    if (flag_ != nullptr) {
      return flag_->requested() ? Cancelled() : absl::OkStatus();
    }
    return check_ ? check_() : absl::OkStatus();
  }
  bool requested() const {
    return flag_ != nullptr ? flag_->requested() : check_ && !check_().ok();
  }
  // For a loop that counts its steps: checks at every so many.
  bool RequestedAt(uint64_t step) const {
    return step % kCancellationInterval == 0 && requested();
  }
  bool is_never() const { return flag_ == nullptr && !check_; }

 private:
  const StopFlag* flag_ = nullptr;
  std::function<absl::Status()> check_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_CANCELLATION_H_
