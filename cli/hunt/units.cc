#include "cli/hunt/units.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heapq {

absl::StatusOr<absl::Duration> ParseWait(const std::string& text) {
  double seconds = 0;
  absl::Duration wait;
  if (absl::SimpleAtod(text, &seconds)) {
    wait = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &wait)) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, " is not a time; write 60s, 5m or 1h"));
  }
  if (wait <= absl::ZeroDuration() || wait > absl::Hours(24 * 30)) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, " is not between 0 and 30 days"));
  }
  return wait;
}

absl::StatusOr<uint64_t> ParseGrowth(const std::string& text) {
  static constexpr std::pair<const char*, double> kUnits[] = {
      {"", 1},          {"b", 1},         {"k", 1e3},      {"kb", 1e3},
      {"m", 1e6},       {"mb", 1e6},      {"g", 1e9},      {"gb", 1e9},
      {"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}};
  const size_t begin = text.find_first_not_of('+');
  const size_t unit = text.find_first_not_of("+.0123456789");
  const size_t end = unit == std::string::npos ? text.size() : unit;
  double number = 0;
  if (begin != std::string::npos && begin <= 1 &&
      absl::SimpleAtod(text.substr(begin, end - begin), &number) &&
      number > 0) {
    const std::string name = absl::AsciiStrToLower(text.substr(end));
    for (const auto& [known, bytes] : kUnits) {
      if (name == known && number * bytes < 1e18) {
        return static_cast<uint64_t>(number * bytes);
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(text, " is not a growth; write +200MB or +1GB"));
}

}  // namespace heapq
