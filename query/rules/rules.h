#ifndef HEAPQ_QUERY_RULES_RULES_H_
#define HEAPQ_QUERY_RULES_RULES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/rules/label_template.h"

namespace heapq {

// Whether an object should be in memory still: what LeakCanary calls its
// leaking status.
enum class LeakStatus {
  kUnknown,
  kAlive,  // there is a good reason for it to be here
  kDead,   // by its own state nothing should need it any more
};

// States whether objects of a class should be alive (docs/reference/rules.md).
struct LeakStatusRule {
  std::string class_name;   // "Session", or "Session::*" for all below it
  bool subclasses = false;  // those of the class as well
  // All must hold. The name of an instance variable ("@state"), Struct member
  // or property, and its value as Ruby shows it ("nil", "42", ":done") or the
  // content of a String.
  std::vector<std::pair<std::string, std::string>> when;
  LeakStatus liveness = LeakStatus::kUnknown;
  std::string reason;
};

// Makes the label of the objects of a class.
struct LabelRule {
  std::string class_name;   // * at the start or the end
  bool subclasses = false;  // those of the class as well
  LabelTemplate label;
};

// Classifies a holder of a library.
struct HolderRule {
  enum Kind {
    kNormal,  // fills while the program loads, and then stays
    kLeak,    // is known to leak
  };
  Kind kind = kNormal;
  std::string holder;  // "I18n::Backend::Simple @translations"; * at the end
  std::string reason;
  bool whatever_it_holds = false;  // normal with the application's objects too
  // Fits only where this is held: a class, or the label of a closure's code. *
  // at the start or the end; empty: whatever is held.
  std::string holds;
  std::string library;   // of kLeak; may be empty
  std::string fixed_in;  // of kLeak: a version or a change; may be empty

  // The text shown: the reason, or "known leak of excon, fixed in 1.7.0: …".
  std::string Text() const;
};

// Knowledge about libraries and programs: docs/reference/rules.md.
struct Rules {
  std::vector<HolderRule> holders;
  std::vector<std::string> requests;  // classes; * at the start or the end
  std::vector<LeakStatusRule> objects;
  std::vector<LabelRule> labels;

  // The rules that come with heapq.
  static const Rules& BuiltIn();
  // The rules of this process: those of Use, else the built-in ones. Use must
  // come before any other thread asks.
  static const Rules& InUse();
  static void Use(Rules rules);
  // The first that fits a text of a path; null: none. `held`: the classes and
  // labels of code of what is held.
  const HolderRule* FindHolder(std::string_view text,
                               const std::vector<std::string>& held = {}) const;
  bool IsOfRequest(std::string_view class_name) const;
};

// Whether a text fits a pattern of a rule: "*" at the start or the end stands
// for any text.
bool FitsPattern(std::string_view pattern, std::string_view text);

// Reads a TOML file of rules; the built-in rules follow the file's. An empty
// path gives the built-in rules. Errors: kNotFound, kInvalidArgument; they name
// the file, the line and the remedy.
absl::StatusOr<Rules> ReadRules(const std::string& path);
// Reads the rules of a text alone; `path` is for errors.
absl::StatusOr<Rules> ParseRules(std::string_view toml,
                                 const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_QUERY_RULES_RULES_H_
