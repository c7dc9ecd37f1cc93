#ifndef HEAPQ_CLI_OUTPUT_FIT_H_
#define HEAPQ_CLI_OUTPUT_FIT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace heapq {

struct TerminalSize {
  size_t columns = 0;  // at least 40; 0: not a terminal, or not known
  size_t rows = 0;     // 0: the same
};

// Returns the size of the terminal that a file descriptor writes to.
TerminalSize TerminalSizeOf(int fd);

// `text`, valid UTF-8, in at most `width` cells: its end, or its beginning if
// `keep_end`, is replaced by "…".
std::string Fitted(std::string_view text, size_t width, bool keep_end = false);

// The same with "…" in the middle: both ends of a path or a label matter.
std::string Shortened(std::string_view text, size_t width);

// `text`, valid UTF-8, in lines of at most `width` cells, broken at spaces; the
// second and further ones are indented. A longer word stays whole. 0: one line.
std::string Wrapped(std::string_view text, size_t width, size_t indent = 0);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_FIT_H_
