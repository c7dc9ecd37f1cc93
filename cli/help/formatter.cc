#include "cli/help/formatter.h"

#include <regex>

namespace heapq {

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  static const std::regex kCheck(R"(:(\{[^}]*\}|U?INT in \[[^\]]*\]))");
  // Excludes a positional of the same command, which has no "--name".
  static const std::regex kNameless(R"( (Excludes|Needs): $)");
  const std::string text = CLI::Formatter::make_option_opts(option);
  return std::regex_replace(std::regex_replace(text, kCheck, ""), kNameless,
                            "");
}

}  // namespace heapq
