#ifndef HEAPQ_CLI_OUTPUT_TERMINAL_H_
#define HEAPQ_CLI_OUTPUT_TERMINAL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heapq {

// `text` fit for a terminal: what could steer it or hide there (control
// characters, escape sequences, bidirectional marks, bytes that are no UTF-8)
// is shown as \n, \e, \u{202e}, \xFF.
std::string SafeText(std::string_view text);

// Cells of a terminal that valid UTF-8 `text` takes.
size_t DisplayWidth(std::string_view text);

// "1.2 MB"; decimal units, so that they agree with what `ls -l` counts in.
std::string HumanBytes(uint64_t bytes);
// "1 text of more than a megabyte was cut: its beginning is there".
std::string CutTexts(uint64_t count);
// Bytes of a change: "+1.9 MB", "-40 B".
std::string SignedBytes(int64_t bytes);
// "1,234,567".
std::string Grouped(int64_t number);

enum class Style { kBold, kDim };
// `text` in a style, if `color`.
std::string Styled(std::string_view text, Style style, bool color);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_TERMINAL_H_
