#ifndef HEAPQ_QUERY_SUSPECTS_RULES_H_
#define HEAPQ_QUERY_SUSPECTS_RULES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/paths/leak_status.h"

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
  bool whatever_it_holds = false;  // normal with the application's objects too
};

// Knowledge about libraries and programs: docs/reference/rules.md.
struct Rules {
  std::vector<HolderRule> holders;
  std::vector<std::string> requests;  // classes; * at the start or the end
  std::vector<LeakStatusRule> objects;

  // The rules that come with heapq.
  static const Rules& BuiltIn();
  // The rules of this process: those of Use, else the built-in ones. Use must
  // come before any other thread asks.
  static const Rules& InUse();
  static void Use(Rules rules);
  // The first that fits a text of a path; null: none.
  const HolderRule* FindHolder(std::string_view text) const;
  bool IsOfRequest(std::string_view class_name) const;
};

// Reads a TOML file of rules; the built-in rules follow the file's. An empty
// path gives the built-in rules. Errors: kNotFound, kInvalidArgument; they name
// the file, the line and the remedy.
absl::StatusOr<Rules> ReadRules(const std::string& path);
// Reads the rules of a text alone; `path` is for errors.
absl::StatusOr<Rules> ParseRules(std::string_view toml,
                                 const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_RULES_H_
