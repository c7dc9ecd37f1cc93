#ifndef HEAPQ_QUERY_SUSPECTS_RULES_H_
#define HEAPQ_QUERY_SUSPECTS_RULES_H_

#include <string>
#include <string_view>
#include <vector>

namespace heapq {

// What is known about a holder of a library.
struct HolderRule {
  enum Kind {
    kNormal,  // fills while the program loads, and then stays
    kLeak,    // is known to leak
  };
  Kind kind = kNormal;
  std::string holder;  // "I18n::Backend::Simple @translations"; * at the end
  std::string reason;
};

// The rules that come with heapq: docs/reference/commands.md, "Rules".
class HolderRules {
 public:
  static const HolderRules& BuiltIn();

  explicit HolderRules(std::vector<HolderRule> rules)
      : rules_(std::move(rules)) {}
  // The first that fits one of the texts of a path; null: none.
  const HolderRule* Find(std::string_view holder) const;

 private:
  std::vector<HolderRule> rules_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_RULES_H_
