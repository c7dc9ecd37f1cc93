#include "cli/help/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace heapq {
namespace {

// Names of values that a shell can help with; anything else is text.
ArgumentKind KindOf(const std::string& value) {
  static const std::map<std::string, ArgumentKind> kKinds = {
      {"FILE", ArgumentKind::kFile},
      {"FOLDER", ArgumentKind::kFile},
      {"A.db B.db [C.db]", ArgumentKind::kFile},
      {"ID", ArgumentKind::kObject},
      {"CLASS", ArgumentKind::kClass},
      {"NAMESPACE", ArgumentKind::kClass},
      {"COMMAND", ArgumentKind::kCommand}};
  const auto found = kKinds.find(value);
  return found == kKinds.end() ? ArgumentKind::kText : found->second;
}

// A type's name ends where CLI11 appends how its checks are described: a set,
// "{count,size}", or a range, "INT in [1 - 9]". Names may hold colons too.
size_t EndOfName(const std::string& type) {
  for (const absl::string_view check : {":POSITIVE", ":NONNEGATIVE"}) {
    if (absl::EndsWith(type, check)) return type.size() - check.size();
  }
  size_t end = type.find(":{");
  if (end == std::string::npos) {
    const size_t range = type.find(" in [");
    if (range != std::string::npos) end = type.rfind(':', range);
  }
  return std::min(end, type.size());
}

std::vector<std::string> ChoicesOf(const std::string& value,
                                   const std::string& checks) {
  if (checks.size() > 3 && checks[1] == '{') {
    return absl::StrSplit(checks.substr(2, checks.size() - 3), ',');
  }
  if (value.find('|') != std::string::npos) return absl::StrSplit(value, '|');
  return {};
}

ArgumentHelp Read(const CLI::Option& option) {
  ArgumentHelp help;
  for (const std::string& name : option.get_snames()) {
    help.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    help.names.push_back("--" + name);
  }
  help.text = option.get_description();
  help.environment = option.get_envname();
  help.required = option.get_required();
  if (option.get_items_expected_max() == 0) return help;
  help.standard = option.get_default_str();
  help.repeats = option.get_items_expected_max() > 1;
  const std::string type = option.get_type_name();
  const size_t end = EndOfName(type);
  help.value = type.substr(0, end);
  help.choices = ChoicesOf(help.value, type.substr(end));
  help.kind = help.choices.empty() ? KindOf(help.value) : ArgumentKind::kChoice;
  return help;
}

void ReadOptions(const CLI::App& app, std::vector<ArgumentHelp>* options,
                 std::vector<ArgumentHelp>* positionals) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->nonpositional() ? options : positionals)->push_back(Read(*option));
  }
}

}  // namespace

CommandLineHelp ReadCommandLine(const CLI::App& app) {
  CommandLineHelp help;
  help.name = app.get_name();
  help.text = app.get_description();
  std::vector<ArgumentHelp> none;
  ReadOptions(app, &help.options, &none);
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    CommandHelp read;
    read.name = command->get_name();
    read.text = command->get_description();
    read.group = command->get_group();
    ReadOptions(*command, &read.options, &read.positionals);
    help.commands.push_back(std::move(read));
  }
  return help;
}

}  // namespace heapq
