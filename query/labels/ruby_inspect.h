#ifndef HEAPQ_QUERY_LABELS_RUBY_INSPECT_H_
#define HEAPQ_QUERY_LABELS_RUBY_INSPECT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace heapq {

// How much of a text a label shows.
inline constexpr size_t kShownCharacters = 60;

// `text` in Ruby's notation for strings, quoted: control characters, invisible
// and bidirectional marks and bytes that are no UTF-8 are escaped. At most
// `limit` characters are shown, then "…" follows the quote; 0: all of them.
// `escaped`: the dump has put \xHH for bytes and \\ for \ already.
// `cut`: `text` is only the beginning of the string.
std::string RubyString(std::string_view text, size_t limit, bool escaped,
                       bool cut);

// ":name", or ":\"a name\"" where Ruby would quote it.
std::string RubySymbol(std::string_view name);

// A text that is not a string in Ruby (a file, a name, a number), made fit for
// a single line: what RubyString would escape is escaped here too, but quotes
// and backslashes stay.
std::string OneLine(std::string_view text, size_t limit);

// Characters that could steer a terminal or hide: C0, DEL, C1, bidirectional
// controls, line separators, byte order marks, tags.
bool IsUnsafe(char32_t character);

// Decodes the character at `*at`, which must be < text.size(), and moves on.
// False: no valid UTF-8 there; *character is the byte, and *at one further.
bool NextCharacter(std::string_view text, size_t* at, char32_t* character);

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_RUBY_INSPECT_H_
