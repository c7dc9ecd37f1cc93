#include "query/suspects/rules.h"

#include <algorithm>
#include <utility>

#include "query/suspects/built_in_rules.h"

namespace heapq {
namespace {

// "*" at the start or the end of a pattern stands for any text.
bool Fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return false;
  if (pattern.back() == '*') {
    pattern.remove_suffix(1);
    return text.substr(0, pattern.size()) == pattern;
  }
  if (pattern.front() == '*') {
    pattern.remove_prefix(1);
    return text.size() >= pattern.size() &&
           text.substr(text.size() - pattern.size()) == pattern;
  }
  return text == pattern;
}

const Rules* in_use = nullptr;

}  // namespace

const Rules& Rules::InUse() { return in_use != nullptr ? *in_use : BuiltIn(); }

void Rules::Use(Rules rules) { in_use = new Rules(std::move(rules)); }

const HolderRule* Rules::FindHolder(std::string_view text) const {
  for (const HolderRule& rule : holders) {
    if (Fits(rule.holder, text)) return &rule;
  }
  return nullptr;
}

bool Rules::IsOfRequest(std::string_view class_name) const {
  return std::any_of(requests.begin(), requests.end(),
                     [class_name](const std::string& pattern) {
                       return Fits(pattern, class_name);
                     });
}

const Rules& Rules::BuiltIn() {
  // A test reads them: they have no error.
  static const auto* const kRules =
      new Rules(ParseRules(kBuiltInRules, "rules.toml").value());
  return *kRules;
}

}  // namespace heapq
