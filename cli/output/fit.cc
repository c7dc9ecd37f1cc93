#include "cli/output/fit.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "cli/output/terminal.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {

size_t TerminalColumns(const std::ostream& out) {
  struct winsize size;
  if (&out != &std::cout || isatty(STDOUT_FILENO) == 0 ||
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 0;
  }
  constexpr size_t kNarrowest = 40;
  return std::max(size_t{size.ws_col}, kNarrowest);
}

std::string Fitted(std::string_view text, size_t width, bool keep_end) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::vector<std::string_view> characters;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    char32_t c = 0;
    NextCharacter(text, &i, &c);
    characters.push_back(text.substr(begin, i - begin));
  }
  if (keep_end) std::reverse(characters.begin(), characters.end());
  size_t left = width - 1;
  size_t bytes = 0;
  for (const std::string_view character : characters) {
    const size_t cells = DisplayWidth(character);
    if (cells > left) break;
    left -= cells;
    bytes += character.size();
  }
  return keep_end ? "…" + std::string(text.substr(text.size() - bytes))
                  : std::string(text.substr(0, bytes)) + "…";
}

std::string Shortened(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const std::string head = Fitted(text, (width + 1) / 2);
  const size_t left = width - std::min(width, DisplayWidth(head));
  const std::string tail = Fitted(text, left + 1, /*keep_end=*/true);
  return head + tail.substr(std::string_view("…").size());
}

}  // namespace heapq
