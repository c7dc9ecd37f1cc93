#include "cli/output/terminal.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1f64f) ||
         (c >= 0x1f900 && c <= 0x1f9ff) || (c >= 0x20000 && c <= 0x3fffd);
}

bool IsCombining(char32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0xfe00 && c <= 0xfe0f);
}

}  // namespace

std::string SafeText(std::string_view text) { return OneLine(text, 0); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    char32_t c = 0;
    NextCharacter(text, &i, &c);
    width += IsCombining(c) ? 0 : IsWide(c) ? 2 : 1;
  }
  return width;
}

std::string HumanBytes(uint64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string CutTexts(uint64_t count) {
  return absl::StrCat(Grouped(static_cast<int64_t>(count)),
                      count == 1 ? " text of more than a megabyte was cut: its "
                                   "beginning is there"
                                 : " texts of more than a megabyte were cut: "
                                   "their beginnings are there");
}

std::string SignedBytes(int64_t bytes) {
  const auto size = static_cast<uint64_t>(bytes);
  return bytes < 0 ? "-" + HumanBytes(0 - size) : "+" + HumanBytes(size);
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  const size_t begin = number < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > begin + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

std::string Styled(std::string_view text, Style style, bool color) {
  if (!color || text.empty()) return std::string(text);
  return absl::StrCat(style == Style::kBold ? "\x1b[1m" : "\x1b[2m",
                      absl::string_view(text.data(), text.size()), "\x1b[0m");
}

}  // namespace heapq
