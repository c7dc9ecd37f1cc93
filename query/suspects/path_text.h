#ifndef HEAPQ_QUERY_SUSPECTS_PATH_TEXT_H_
#define HEAPQ_QUERY_SUSPECTS_PATH_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/path_tree.h"

namespace heapq {

// Returns the label of a path's objects: "Session", "Proc block in Bus#on
// (bus.rb:12)", "an anonymous class below Plan".
absl::StatusOr<std::string> ObjectText(const PathNode& node,
                                       CodeOwners* owners);
// The hop alone: "@handlers", "[*]", "$bus"; empty for the start at a class.
std::string HopText(const PathNode& node);
// One text a hop, from the root to `node`, as people read it; `with_counts`:
// and how many objects there are.
absl::StatusOr<std::vector<std::string>> PathTexts(const PathTree& tree,
                                                   uint32_t node,
                                                   CodeOwners* owners,
                                                   bool with_counts = true);
// The same without lines of code, which move: for fingerprints.
absl::StatusOr<std::string> MaskedText(const PathNode& node,
                                       CodeOwners* owners);
// Whether a root category is one that a program fills: finalizers, at_exit
// blocks, handlers of signals.
bool IsRegistry(std::string_view category);

// The nearest reference above an object that a person would name.
struct Holder {
  enum Kind {
    kNone,
    kVariable,     // ivar, cvar, constant
    kThreadLocal,  // Thread#[], thread variable
    kGlobal,
    kRegistry,  // finalizers, at_exit, traps
    kFrame,     // local of a running method, an element of a machine stack
    kCaptured,  // local that a closure holds
    kOther,     // nameless reference of an object or class
    kClass,     // a class as such
    kRuby,      // another root
  };
  Kind kind = kNone;
  std::string text;  // "EventBus @handlers", "Thread#[:spans]"
  CodeOwner owner = CodeOwner::kUnknown;
  uint32_t node = 0;       // what the reference leads to
  std::string class_name;  // of the owner; empty: none
  // As code writes it: "@handlers", "LIST", "$bus", ":key" of a thread local,
  // "$" for a global without a name; empty: unknown.
  std::string variable;
  bool is_constant = false;
  bool through_gem = false;  // a gem's or Ruby's object is between

  bool OfApplication() const { return owner == CodeOwner::kApplication; }
};

// If a gem's or Ruby's object holds `node`, and the application alone holds
// that, the application's holder.
absl::StatusOr<Holder> FindHolder(const PathTree& tree, uint32_t node,
                                  CodeOwners* owners);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_PATH_TEXT_H_
