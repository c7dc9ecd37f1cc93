#ifndef HEAPQ_QUERY_PATHS_LEAK_STATUS_H_
#define HEAPQ_QUERY_PATHS_LEAK_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"
#include "query/paths/path_display.h"
#include "query/paths/why_alive.h"
#include "query/rules/rules.h"

namespace heapq {

// "unknown", "alive", "dead".
std::string_view LivenessName(LeakStatus liveness);

// Reads a file of rules. Errors: kNotFound, kInvalidArgument, naming the rule.
absl::StatusOr<std::vector<LeakStatusRule>> ReadLivenessRules(
    const std::string& path);
// The same of a text; `path` is for errors.
absl::StatusOr<std::vector<LeakStatusRule>> ParseLivenessRules(
    const std::string& json, const std::string& path);

struct InspectedStatus {
  LeakStatus liveness = LeakStatus::kUnknown;
  std::string reason;  // "closed", "constant of a loaded class"; empty: unknown
};

// The steps of one path, judged, and what that leaves to suspect: a reference
// between the last object that is rightly here and the first that is not. If
// none is known to be dead, the path's last object is taken for it.
struct PathLeakStatus {
  std::vector<InspectedStatus> steps;  // as RetentionPath::steps
  size_t first_suspect = 0;  // index of a step, for the edge that leads to
  size_t suspects = 0;       // it; how many

  bool IsSuspect(size_t step) const {
    return step >= first_suspect && step < first_suspect + suspects;
  }
};

// The labels of the references to suspect, as a person reads the path.
std::vector<std::string> SuspectLabels(const RetentionPath& path,
                                       const PathLeakStatus& liveness);

// LeakPointOf the path as far as there is something to suspect.
LeakPoint LeakPointOf(const RetentionPath& path,
                      const PathLeakStatus& liveness);

// Judges objects: by the user's rules first, the earliest that fits, then by
// the state that Ruby itself knows.
class LeakStatusInspector {
 public:
  // `db` must outlive it.
  LeakStatusInspector(HeapDb* db, std::vector<LeakStatusRule> rules)
      : db_(*db), describe_(db), rules_(std::move(rules)) {}

  absl::StatusOr<PathLeakStatus> Judge(const RetentionPath& path);
  // One object by itself, however it is held.
  absl::StatusOr<InspectedStatus> Judge(const ObjectRow& object);

 private:
  absl::StatusOr<bool> Fits(const LeakStatusRule& rule, const ObjectRow& object,
                            const std::string& class_name);
  absl::StatusOr<bool> IsBelow(uint32_t class_id, const std::string& name);
  // The value of an instance variable, member or property as a rule has it.
  absl::StatusOr<std::optional<std::string>> Value(uint32_t id,
                                                   const std::string& name);

  HeapDb& db_;
  ObjectLabeler describe_;
  const std::vector<LeakStatusRule> rules_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_LEAK_STATUS_H_
