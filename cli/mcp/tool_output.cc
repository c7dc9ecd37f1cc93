#include <cctype>
#include <sstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "cli/mcp/tools.h"
#include "cli/output/json_writer.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

// Bytes. An answer is read by something that pays for each word.
constexpr size_t kMaxInLine = 600;
constexpr size_t kMaxInAll = 24000;

constexpr char kNext[] = "Next: ";

// Words at spaces; 'quotes' keep what is in them together.
std::vector<std::string> Words(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : command) {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

// "CLASS_ADDRESS", "FILE": what a person would put something else for.
bool IsPlaceholder(const std::string& word) {
  bool letter = false;
  for (const char c : word) {
    if (c != '_' && std::isupper(static_cast<unsigned char>(c)) == 0) {
      return false;
    }
    letter = true;
  }
  return letter && word.size() > 1;
}

// The arguments of `tool` that say the same as `words`; false: none do.
bool Match(const Tool& tool, std::vector<std::string> words,
           std::ostream* arguments) {
  for (const std::string& word : tool.end) {
    bool found = false;
    for (size_t i = 1; i < words.size() && !found; ++i) {
      if (words[i] != word) continue;
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      found = true;
    }
    // A time limit is the tool's own affair.
    if (!found && tool.name != "sql") return false;
  }
  JsonWriter json(arguments, JsonWriter::kCompact);
  json.BeginMap();
  std::vector<bool> given(tool.parameters.size());
  for (size_t w = tool.command.size(); w < words.size(); ++w) {
    const std::string& word = words[w];
    const bool option = word.size() > 1 && word[0] == '-';
    size_t p = 0;
    while (p < given.size() &&
           (given[p] || tool.parameters[p].option != (option ? word : ""))) {
      ++p;
    }
    if (p == given.size()) return false;
    const ToolParameter& parameter = tool.parameters[p];
    given[p] = true;
    json.Key(parameter.name);
    if (parameter.type == ToolParameter::kBoolean) {
      json.Bool(true);
      continue;
    }
    if (option && ++w == words.size()) return false;
    if (IsPlaceholder(words[w])) return false;
    int64_t number = 0;
    if (parameter.type == ToolParameter::kInteger) {
      if (!absl::SimpleAtoi(words[w], &number)) return false;
      json.Signed(number);
    } else {
      json.Text(words[w]);
    }
  }
  for (size_t p = 0; p < given.size(); ++p) {
    if (tool.parameters[p].required && !given[p]) return false;
  }
  json.EndMap();
  json.Finish();
  return true;
}

std::string Bounded(absl::string_view line) {
  if (line.size() <= kMaxInLine) return std::string(line);
  const std::string_view head(line.data(), kMaxInLine);
  return std::string(head.substr(0, ValidUtf8Prefix(head))) + "…";
}

}  // namespace

std::optional<std::string> AsToolCall(const std::string& command) {
  // Behind two spaces stands a remark for people.
  std::vector<std::string> words = Words(command.substr(0, command.find("  ")));
  if (words.empty() || words.front() != "heapq") return std::nullopt;
  words.erase(words.begin());
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "--db") continue;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    break;
  }
  for (const Tool& tool : Tools()) {
    if (words.empty() || words.front() != tool.command.front()) continue;
    std::ostringstream arguments;
    if (Match(tool, words, &arguments)) {
      std::string text = arguments.str();
      while (!text.empty() && text.back() == '\n') text.pop_back();
      return absl::StrCat(tool.name, " ", text);
    }
  }
  return std::nullopt;
}

std::string ToolText(const std::string& printed) {
  std::string text;
  std::vector<std::string> next;
  bool in_next = false;
  uint64_t left_out = 0;
  for (const absl::string_view line : absl::StrSplit(printed, '\n')) {
    const size_t lead = sizeof(kNext) - 1;
    if (line.substr(0, lead) == kNext ||
        (in_next && line.substr(0, lead) == absl::string_view("      "))) {
      in_next = true;
      const auto call = AsToolCall(std::string(line.substr(lead)));
      if (call.has_value()) next.push_back(*call);
      continue;
    }
    in_next = false;
    if (left_out > 0 || text.size() + line.size() > kMaxInAll) {
      ++left_out;
    } else {
      absl::StrAppend(&text, Bounded(line), "\n");
    }
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (left_out > 0) {
    absl::StrAppend(&text, "\n… ", left_out,
                    " more lines are left out: ask for fewer rows");
  }
  for (size_t i = 0; i < next.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "\n\nNext: " : "\n      ", next[i]);
  }
  return text;
}

}  // namespace heapq
