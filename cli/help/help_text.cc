#include "cli/help/help_text.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "cli/help/examples.h"

namespace heapq {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kTextColumn = 26;

// Cells of a text of the help, whose characters are all one cell wide.
size_t Cells(std::string_view text) {
  size_t cells = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++cells;
  }
  return cells;
}

// Appends words, wrapped, from cell `at` of the current line on; further lines
// begin at cell `indent`.
void AddWrapped(std::string_view text, size_t at, size_t indent,
                std::string* out) {
  bool first = true;
  for (const absl::string_view word :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ' ',
                      absl::SkipEmpty())) {
    const size_t cells = Cells({word.data(), word.size()});
    if (!first && at + 1 + cells > kWidth) {
      absl::StrAppend(out, "\n", std::string(indent, ' '));
      at = indent;
    } else if (!first) {
      *out += ' ';
      ++at;
    }
    absl::StrAppend(out, word);
    at += cells;
    first = false;
  }
  *out += '\n';
}

// CLI11's names of types are for programmers.
std::string ValueOf(const ArgumentHelp& argument) {
  const std::string& value = argument.value;
  if (value.rfind("SIZE", 0) == 0) return "SIZE";
  if (value == "UINT" || value == "INT" || value == "FLOAT") return "N";
  return value;
}

void AddArgument(const ArgumentHelp& argument, std::string* out) {
  std::string head = absl::StrCat("  ", absl::StrJoin(argument.names, ", "));
  const std::string value = ValueOf(argument);
  if (!value.empty()) {
    absl::StrAppend(&head, argument.names.empty() ? "" : " ", value);
  }
  *out += head;
  size_t at = Cells(head);
  if (at + 2 > kTextColumn) {
    *out += '\n';
    at = 0;
  }
  *out += std::string(kTextColumn - at, ' ');
  std::string text = argument.text;
  if (!argument.standard.empty()) {
    absl::StrAppend(&text, " (default: ", argument.standard, ")");
  }
  if (!argument.environment.empty()) {
    absl::StrAppend(&text, " (or the variable ", argument.environment, ")");
  }
  AddWrapped(text, kTextColumn, kTextColumn, out);
}

void AddArguments(std::string_view title,
                  const std::vector<ArgumentHelp>& arguments,
                  std::string* out) {
  if (arguments.empty()) return;
  absl::StrAppend(out, "\n", absl::string_view(title.data(), title.size()),
                  "\n");
  for (const ArgumentHelp& argument : arguments) AddArgument(argument, out);
}

bool IsHelp(const ArgumentHelp& option) {
  for (const std::string& name : option.names) {
    if (name == "--help" || name == "--version") return true;
  }
  return false;
}

std::vector<ArgumentHelp> WithoutHelp(const std::vector<ArgumentHelp>& all) {
  std::vector<ArgumentHelp> options;
  for (const ArgumentHelp& option : all) {
    if (!IsHelp(option)) options.push_back(option);
  }
  return options;
}

}  // namespace

std::string HelpText(const CommandLineHelp& line, const CommandHelp& command) {
  std::string out;
  AddWrapped(command.text, 0, 0, &out);
  std::string usage = absl::StrCat("Usage: ", line.name, " ", command.name);
  const std::vector<ArgumentHelp> options = WithoutHelp(command.options);
  if (!options.empty()) usage += " [OPTIONS]";
  for (const ArgumentHelp& option : options) {
    if (option.required) {
      absl::StrAppend(&usage, " ", option.names.back(), " ", ValueOf(option));
    }
  }
  for (const ArgumentHelp& positional : command.positionals) {
    const std::string value =
        absl::StrCat(ValueOf(positional), positional.repeats ? "…" : "");
    absl::StrAppend(&usage, positional.required ? " " : " [", value,
                    positional.required ? "" : "]");
  }
  absl::StrAppend(&out, "\n", usage, "\n");
  AddArguments("Arguments:", command.positionals, &out);
  AddArguments("Options:", options, &out);
  AddArguments("Options of every command:", WithoutHelp(line.options), &out);
  const std::vector<std::string> examples = ExamplesOf(command.name);
  if (!examples.empty()) out += "\nExamples:\n";
  for (const std::string& example : examples) {
    absl::StrAppend(&out, "  ", example, "\n");
  }
  return out;
}

}  // namespace heapq
