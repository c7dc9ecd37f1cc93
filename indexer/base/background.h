#ifndef HEAPQ_INDEXER_BASE_BACKGROUND_H_
#define HEAPQ_INDEXER_BASE_BACKGROUND_H_

#include <chrono>
#include <future>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "indexer/base/stop_flag.h"

namespace heapq {

// Work on another thread, or, where there can't be one more, on the caller's in
// Get. On every way out it is told to stop, and waited for.
template <typename T>
class Background {
 public:
  // `work`: absl::StatusOr<T>(const StopFlag&).
  template <typename Work>
  explicit Background(Work work) {
    const auto run = [this, work = std::move(work)] { return work(stop_); };
    try {
      result_ = std::async(std::launch::async, run);
    } catch (const std::system_error&) {
      result_ = std::async(std::launch::deferred, run);
    }
  }
  ~Background() { stop_.Request(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Waits for what came out. Meanwhile `go_on` is asked now and then; false
  // stops the work. Call once.
  template <typename GoOn>
  absl::StatusOr<T> Get(GoOn go_on) {
    constexpr std::chrono::milliseconds kPatience(20);
    while (result_.wait_for(kPatience) == std::future_status::timeout) {
      if (!go_on()) {
        stop_.Request();
        return Cancelled();
      }
    }
    return result_.get();
  }

 private:
  StopFlag stop_;
  std::future<absl::StatusOr<T>> result_;  // last: its end waits for the thread
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_BACKGROUND_H_
