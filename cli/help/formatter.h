#ifndef HEAPQ_CLI_HELP_FORMATTER_H_
#define HEAPQ_CLI_HELP_FORMATTER_H_

#include <CLI/CLI.hpp>
#include <string>

namespace heapq {

// The text of --help: HelpText for a command; for heapq itself the library's,
// without what it repeats or only programmers read:
// "table|json|csv:{table,json,csv}", "INT in [1 - 1000]".
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_FORMATTER_H_
