#include "query/rules/label_template.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"

namespace heapq {
namespace {

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

absl::Status Wrong(std::string_view path) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"label\" has a path that cannot be read: {", View(path),
                   "}; write {class}, or steps such as @name, .member, [:key], "
                   "[\"key\"] and [0]"));
}

// The name that `text` starts with, from `*at` on.
std::string TakeName(std::string_view text, size_t* at) {
  const size_t begin = *at;
  while (*at < text.size() && IsWord(text[*at])) ++*at;
  return std::string(text.substr(begin, *at - begin));
}

// Whether `text` continues with a step; appends it.
bool TakeStep(std::string_view text, size_t* at,
              std::vector<LabelStep>* steps) {
  LabelStep step;
  const char first = text[*at];
  if (first == '@' || first == '.') {
    step.kind = first == '@' ? LabelStep::kIvar : LabelStep::kMember;
    ++*at;
    const std::string name = TakeName(text, at);
    if (name.empty()) return false;
    step.name = first == '@' ? "@" + name : name;
  } else if (first == '[') {
    const size_t end = text.find(']', *at);
    if (end == std::string_view::npos) return false;
    std::string_view key = text.substr(*at + 1, end - *at - 1);
    *at = end + 1;
    if (key.size() > 1 && key.front() == ':') {
      step.kind = LabelStep::kSymbolKey;
      key.remove_prefix(1);
      step.name = std::string(key);
    } else if (key.size() > 2 && key.front() == '"' && key.back() == '"') {
      step.kind = LabelStep::kStringKey;
      step.name = std::string(key.substr(1, key.size() - 2));
    } else if (absl::SimpleAtoi(View(key), &step.index)) {
      step.kind = LabelStep::kIndex;
    } else {
      return false;
    }
  } else {
    return false;
  }
  steps->push_back(std::move(step));
  return true;
}

absl::Status ParseValue(std::string_view value, LabelTemplate::Part* part) {
  part->has_value = true;
  if (value == "class") {
    part->class_name = true;
    return absl::OkStatus();
  }
  part->paths.emplace_back();
  for (size_t at = 0; at < value.size();) {
    if (value[at] == '|' && !part->paths.back().empty()) {
      part->paths.emplace_back();
      ++at;
    } else if (!TakeStep(value, &at, &part->paths.back())) {
      return Wrong(value);
    }
  }
  if (part->paths.back().empty()) return Wrong(value);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LabelTemplate> ParseLabelTemplate(std::string_view text) {
  LabelTemplate label;
  bool has_path = false;
  while (!text.empty()) {
    LabelTemplate::Part part;
    const size_t open = text.find('{');
    part.text = std::string(text.substr(0, open));
    if (open == std::string_view::npos) {
      text = "";
    } else {
      const size_t close = text.find('}', open);
      if (close == std::string_view::npos) {
        return absl::InvalidArgumentError(
            "\"label\" has a { without its }; add }");
      }
      RETURN_IF_ERROR(
          ParseValue(text.substr(open + 1, close - open - 1), &part));
      has_path = has_path || !part.paths.empty();
      text = text.substr(close + 1);
    }
    label.parts.push_back(std::move(part));
  }
  if (!has_path) {
    return absl::InvalidArgumentError(
        "\"label\" shows no value of the object; add a path such as {@id}");
  }
  return label;
}

}  // namespace heapq
