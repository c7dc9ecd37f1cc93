#include "cli/output/progress_bar.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "cli/output/terminal.h"

namespace heapq {

void ProgressBar::Show(std::string_view stage, uint64_t done, uint64_t total,
                       Unit unit) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (stage == stage_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  stage_ = stage;
  out_ << "\r\x1b[K" << stage_;
  if (total > 0) {
    constexpr int kWidth = 30;
    const double share =
        std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const int filled = static_cast<int>(share * kWidth);
    out_ << " [" << std::string(static_cast<size_t>(filled), '#')
         << std::string(static_cast<size_t>(kWidth - filled), '.') << "] "
         << absl::StrFormat("%3.0f %%", share * 100);
    if (unit == kBytes) {
      out_ << ", " << HumanBytes(done) << " of " << HumanBytes(total);
    }
  } else if (done > 0) {
    out_ << ' ' << HumanBytes(done);
  } else {
    out_ << " …";
  }
  out_ << std::flush;
  drawn_ = true;
}

void ProgressBar::Clear() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace heapq
