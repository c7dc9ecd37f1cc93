#include "cli/app/percentage.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/app/session.h"

namespace heapq {

absl::StatusOr<double> ParseShare(const std::string& text) {
  const bool percent = !text.empty() && text.back() == '%';
  double share = 0;
  if (!absl::SimpleAtod(percent ? text.substr(0, text.size() - 1) : text,
                        &share)) {
    share = -1;
  }
  if (percent) share /= 100;
  if (!(share >= 0 && share <= 1)) {
    return UsageError(absl::StrCat("\"", text, "\" is not a share; try 5%"));
  }
  return share;
}

}  // namespace heapq
