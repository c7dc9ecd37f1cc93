#ifndef HEAPQ_QUERY_LABELS_RULE_LABEL_H_
#define HEAPQ_QUERY_LABELS_RULE_LABEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/rules/rules.h"

namespace heapq {

// Labels by the rules in use ([[label]] of docs/reference/rules.md), such as
// "#<Event id=42>". A dump whose references have no names gives none.
class RuleLabels {
 public:
  // `db` must outlive it.
  explicit RuleLabels(HeapDb* db) : db_(*db), rules_(Rules::InUse()) {}

  // Whether rules apply to objects of a type.
  static bool MayLabel(ObjectType type);

  // The label of an object of the class `class_id`, named `class_name`, by the
  // first rule that fits; empty: no rule fits, or a value of it is not in the
  // dump or is redacted.
  absl::StatusOr<std::string> Of(const ObjectRow& object, uint32_t class_id,
                                 const std::string& class_name);

 private:
  // The target of a step: an object, or the text of an immediate value.
  struct Target {
    uint32_t object = 0;
    std::string text;
  };

  absl::StatusOr<std::vector<const LabelRule*>> RulesFor(
      uint32_t class_id, const std::string& class_name);
  absl::StatusOr<std::optional<std::string>> ValueAt(
      uint32_t object, const std::vector<LabelStep>& path);
  absl::StatusOr<std::optional<Target>> Follow(uint32_t object,
                                               const LabelStep& step);
  absl::StatusOr<std::optional<std::string>> TextOf(uint32_t object);

  HeapDb& db_;
  const Rules& rules_;
  absl::flat_hash_map<uint32_t, std::vector<const LabelRule*>> of_class_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_RULE_LABEL_H_
