#ifndef HEAPQ_CLI_OUTPUT_PROGRESS_BAR_H_
#define HEAPQ_CLI_OUTPUT_PROGRESS_BAR_H_

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace heapq {

// A line on a terminal that is drawn over and over, ten times a second at most.
class ProgressBar {
 public:
  enum Unit {
    kBytes,  // done and total are shown
    kShare,  // only the percentage is
  };

  // `out` must outlive the bar. Draws nothing unless `shown`.
  ProgressBar(std::ostream* out, bool shown) : out_(*out), shown_(shown) {}
  // Clears the line.
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `total` 0: unknown.
  void Show(std::string_view stage, uint64_t done, uint64_t total,
            Unit unit = kBytes);
  void Clear();

 private:
  std::ostream& out_;
  const bool shown_;
  bool drawn_ = false;
  std::string stage_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_PROGRESS_BAR_H_
