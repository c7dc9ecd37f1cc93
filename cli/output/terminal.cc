#include "cli/output/terminal.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// Cells of one character, which two at most fill.
size_t CellsOf(char32_t c) {
  const int cells = utf8proc_charwidth(static_cast<utf8proc_int32_t>(c));
  return cells < 0 ? 0 : static_cast<size_t>(cells);
}

}  // namespace

std::string SafeText(std::string_view text) { return OneLine(text, 0); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  size_t cluster = 0;  // cells of the grapheme cluster so far
  utf8proc_int32_t state = 0;
  char32_t before = 0;
  for (size_t i = 0; i < text.size();) {
    char32_t c = 0;
    NextCharacter(text, &i, &c);
    if (before == 0 || utf8proc_grapheme_break_stateful(
                           static_cast<utf8proc_int32_t>(before),
                           static_cast<utf8proc_int32_t>(c), &state)) {
      width += cluster;
      cluster = 0;
    }
    cluster = std::max(cluster, CellsOf(c));
    before = c;
  }
  return width + cluster;
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
