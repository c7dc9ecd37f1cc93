#ifndef HEAPQ_CLI_OUTPUT_FIT_H_
#define HEAPQ_CLI_OUTPUT_FIT_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace heapq {

// The columns of the terminal that `out` writes to, at least 40; 0: it does not
// write to a terminal, or the width is not known.
size_t TerminalColumns(const std::ostream& out);

// `text`, valid UTF-8, in at most `width` cells: its end, or its beginning if
// `keep_end`, is replaced by "…".
std::string Fitted(std::string_view text, size_t width, bool keep_end = false);

// The same with "…" in the middle: both ends of a path or a label matter.
std::string Shortened(std::string_view text, size_t width);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_FIT_H_
