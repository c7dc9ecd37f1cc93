#include "cli/output/fit.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "cli/output/terminal.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {

TerminalSize TerminalSizeOf(int fd) {
  constexpr size_t kNarrowest = 40;
  struct winsize size;
  if (isatty(fd) == 0 || ioctl(fd, TIOCGWINSZ, &size) != 0 ||
      size.ws_col == 0) {
    return {};
  }
  return {std::max(size_t{size.ws_col}, kNarrowest), size_t{size.ws_row}};
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

std::string Wrapped(std::string_view text, size_t width, size_t indent) {
  if (width == 0 || DisplayWidth(text) <= width) return std::string(text);
  std::string result;
  size_t used = 0;  // cells of the last line
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const size_t cells = DisplayWidth(word);
    if (at > 0) {
      const bool fits = used + 1 + cells <= width;
      result += fits ? " " : "\n" + std::string(indent, ' ');
      used = fits ? used + 1 : indent;
    }
    result += word;
    used += cells;
    at = end + 1;
  }
  return result;
}

}  // namespace heapq
