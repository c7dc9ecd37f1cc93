#include "query/rules/rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "query/rules/built_in_rules.h"

namespace heapq {
namespace {

const Rules* in_use = nullptr;

}  // namespace

bool FitsPattern(std::string_view pattern, std::string_view text) {
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

const Rules& Rules::InUse() { return in_use != nullptr ? *in_use : BuiltIn(); }

void Rules::Use(Rules rules) {
  // Never destroyed: a thread may still read it when the process ends.
  static Rules* const kept = new Rules;
  *kept = std::move(rules);
  in_use = kept;
}

std::string HolderRule::Text() const {
  if (kind != kLeak || library.empty()) return reason;
  return absl::StrCat("known leak of ", library,
                      fixed_in.empty() ? "" : ", fixed in ", fixed_in, ": ",
                      reason);
}

const HolderRule* Rules::FindHolder(
    std::string_view text, const std::vector<std::string>& held) const {
  for (const HolderRule& rule : holders) {
    if (!FitsPattern(rule.holder, text)) continue;
    if (rule.holds.empty() ||
        std::any_of(held.begin(), held.end(), [&rule](const std::string& name) {
          return FitsPattern(rule.holds, name);
        })) {
      return &rule;
    }
  }
  return nullptr;
}

bool Rules::IsOfRequest(std::string_view class_name) const {
  return std::any_of(requests.begin(), requests.end(),
                     [class_name](const std::string& pattern) {
                       return FitsPattern(pattern, class_name);
                     });
}

const Rules& Rules::BuiltIn() {
  // A test reads them: they have no error.
  static const auto* const kRules =
      new Rules(ParseRules(kBuiltInRules, "rules.toml").value());
  return *kRules;
}

}  // namespace heapq
