#ifndef HEAPQ_CLI_HELP_QUOTING_H_
#define HEAPQ_CLI_HELP_QUOTING_H_

#include <string>
#include <string_view>

namespace heapq {

// `text` with a backslash before each character of `special`.
std::string Escaped(std::string_view text, std::string_view special);

// `text` as one word of bash and zsh.
std::string ShellQuoted(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_QUOTING_H_
