#ifndef HEAPQ_INDEXER_BASE_BACKGROUND_H_
#define HEAPQ_INDEXER_BASE_BACKGROUND_H_

#include <chrono>
#include <future>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"

namespace heapq {

// Runs work on another thread; in Get on the caller's if no thread can be
// created. The destructor requests a stop and joins.
template <typename T>
class Background {
 public:
  // `work`: absl::StatusOr<T>(const Cancellation&).
  template <typename Work>
  explicit Background(Work work) {
    const auto run = [this, work = std::move(work)] {
      return work(Cancellation(stop_));
    };
    try {
      result_ = std::async(std::launch::async, run);
    } catch (const std::system_error&) {
      result_ = std::async(std::launch::deferred, run);
    }
  }
  ~Background() { stop_.Request(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Waits for the result and checks `cancellation` meanwhile, whose error stops
  // the work and is returned. Call once.
  absl::StatusOr<T> Get(const Cancellation& cancellation) {
    constexpr std::chrono::milliseconds kInterval(20);
    while (result_.wait_for(kInterval) == std::future_status::timeout) {
      if (absl::Status status = cancellation.Check(); !status.ok()) {
        stop_.Request();
        return status;
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
