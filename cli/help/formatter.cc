#include "cli/help/formatter.h"

#include <string_view>
#include <utility>

#include "absl/strings/strip.h"
#include "cli/help/command_line.h"
#include "cli/help/help_text.h"

namespace heapq {
namespace {

// Without what stands from `begin` to `end`, if it does.
std::string Without(std::string text, std::string_view begin, char end) {
  const size_t from = text.find(begin);
  const size_t to =
      from == std::string::npos ? from : text.find(end, from + begin.size());
  if (to != std::string::npos) text.erase(from, to + 1 - from);
  return text;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  if (app->get_parent() != nullptr) {
    const CommandLineHelp line = ReadCommandLine(*app->get_parent());
    for (const CommandHelp& command : line.commands) {
      if (command.name == app->get_name()) return HelpText(line, command);
    }
  }
  return CLI::Formatter::make_help(app, std::move(name), mode);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text = CLI::Formatter::make_option_opts(option);
  text = Without(std::move(text), ":{", '}');
  text = Without(std::move(text), ":INT in [", ']');
  text = Without(std::move(text), ":UINT in [", ']');
  // A positional argument has no name that begins with a dash.
  return std::string(absl::StripSuffix(text, " Excludes: "));
}

}  // namespace heapq
