#include "query/paths/leak_status.h"

#include <algorithm>

#include "indexer/base/status_macros.h"
#include "indexer/model/object_kind.h"

namespace heapq {
namespace {

// Longer chains of superclasses exist only in damaged dumps.
constexpr int kMaxChain = 1000;

// Why the way to an object alone makes it rightly alive.
InspectedStatus ByReference(const PathStep& step, const RetentionPath& path) {
  if (step.edge.src == 0) {
    if (path.root.category == "globals" && !path.root.name.empty()) {
      return {LeakStatus::kAlive, "value of a global variable"};
    }
    return {};
  }
  switch (step.edge.kind) {
    case EdgeKind::kConst:
      return {LeakStatus::kAlive, "constant of a loaded class"};
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFramePart:
      return {LeakStatus::kAlive, "used by a frame that still runs"};
    default:
      return {};
  }
}

bool IsCode(const ObjectRow& object) {
  return object.type == ObjectType::kImemo &&
         TraitsOfKind(object.kind).as_imemo == PathRole::kCode;
}

}  // namespace

std::string_view LivenessName(LeakStatus liveness) {
  switch (liveness) {
    case LeakStatus::kUnknown:
      return "unknown";
    case LeakStatus::kAlive:
      return "alive";
    case LeakStatus::kDead:
      return "dead";
  }
  return "";
}

std::vector<std::string> SuspectLabels(const RetentionPath& path,
                                       const PathLeakStatus& liveness) {
  const PathStep* const begin = path.steps.data() + liveness.first_suspect;
  const PathStep* const end = begin + liveness.suspects;
  std::vector<std::string> labels;
  for (const PathLine& line : LinesOf(path)) {
    if (line.step >= begin && line.step < end) labels.push_back(line.label);
  }
  // The last of them may have no line of its own.
  if (labels.empty() && begin != end) labels.push_back((end - 1)->edge_label);
  return labels;
}

LeakPoint LeakPointOf(const RetentionPath& path,
                      const PathLeakStatus& liveness) {
  const size_t end = liveness.first_suspect + liveness.suspects;
  if (end == path.steps.size()) return LeakPointOf(path);
  RetentionPath narrowed = path;
  narrowed.steps.resize(end);
  return LeakPointOf(narrowed);
}

absl::StatusOr<bool> LeakStatusInspector::IsBelow(uint32_t class_id,
                                                  const std::string& name) {
  for (int n = 0; n < kMaxChain && class_id != 0; ++n) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT name, superclass FROM classes WHERE id = ?1"));
    row->Bind(1, int64_t{class_id});
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return false;
    if (row->Text(0) == name) return true;
    class_id = static_cast<uint32_t>(row->Int(1));
  }
  return false;
}

absl::StatusOr<std::optional<std::string>> LeakStatusInspector::Value(
    uint32_t id, const std::string& name) {
  {
    ASSIGN_OR_RETURN(
        Statement * field,
        db_.Cached("SELECT f.value FROM fields f JOIN names n ON n.id = "
                   "f.label WHERE f.src = ?1 AND f.kind IN "
                   "($ivar, $member, $part, $property) AND n.text = ?2 ORDER "
                   "BY f.n LIMIT 1"));
    field->Bind(1, int64_t{id});
    field->Bind(2, name);
    ASSIGN_OR_RETURN(const bool found, field->Step());
    if (found) return std::optional<std::string>(field->Text(0));
  }
  ASSIGN_OR_RETURN(
      Statement * edge,
      db_.Cached("SELECT e.dst FROM edges e JOIN names n ON n.id = e.label "
                 "WHERE e.src = ?1 AND e.kind IN ($ivar, $member, $part) AND "
                 "n.text = ?2 ORDER BY e.n LIMIT 1"));
  edge->Bind(1, int64_t{id});
  edge->Bind(2, name);
  ASSIGN_OR_RETURN(const bool found, edge->Step());
  if (!found) return std::optional<std::string>();
  const auto dst = static_cast<uint32_t>(edge->Int(0));
  ASSIGN_OR_RETURN(std::optional<std::string> text, describe_.Text(dst));
  if (text.has_value()) return text;
  ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(dst));
  return std::optional<std::string>(object.label);
}

absl::StatusOr<bool> LeakStatusInspector::Fits(const LeakStatusRule& rule,
                                               const ObjectRow& object,
                                               const std::string& class_name) {
  const size_t space = rule.class_name.size() - 1;  // "Session::", and "*"
  bool is_of_class =
      rule.class_name == class_name ||
      (rule.class_name.back() == '*' &&
       class_name.compare(0, space, rule.class_name, 0, space) == 0);
  if (!is_of_class && rule.subclasses) {
    ASSIGN_OR_RETURN(is_of_class, IsBelow(object.class_id, rule.class_name));
  }
  if (!is_of_class) return false;
  for (const auto& [name, wanted] : rule.when) {
    ASSIGN_OR_RETURN(const std::optional<std::string> value,
                     Value(object.id, name));
    // Ruby answers nil for a variable that was never set.
    if (value.value_or("nil") != wanted) return false;
  }
  return true;
}

absl::StatusOr<InspectedStatus> LeakStatusInspector::Judge(
    const ObjectRow& object) {
  if (!rules_.empty()) {
    ASSIGN_OR_RETURN(const std::string class_name, describe_.ClassName(object));
    for (const LeakStatusRule& rule : rules_) {
      ASSIGN_OR_RETURN(const bool fits, Fits(rule, object, class_name));
      if (fits) return InspectedStatus{rule.liveness, rule.reason};
    }
  }
  switch (object.type) {
    case ObjectType::kClass:
    case ObjectType::kModule:
    case ObjectType::kIclass:
      // One without a name may have been made at run time and forgotten.
      if (object.name.empty() && object.type != ObjectType::kIclass &&
          (object.flags & kSingleton) == 0) {
        return InspectedStatus();
      }
      return InspectedStatus{LeakStatus::kAlive, "a loaded class"};
    case ObjectType::kFile: {
      ASSIGN_OR_RETURN(const std::string closed,
                       describe_.Property(object.id, "closed"));
      ASSIGN_OR_RETURN(const std::string fd,
                       describe_.Property(object.id, "fd"));
      if (closed == "true" || (!fd.empty() && fd[0] == '-')) {
        return InspectedStatus{LeakStatus::kDead, "closed"};
      }
      return InspectedStatus();
    }
    case ObjectType::kData:
      if (KindOf(object.kind) == ObjectKind::kFiber) {
        ASSIGN_OR_RETURN(const std::string alive,
                         describe_.Property(object.id, "alive"));
        if (alive == "false")
          return InspectedStatus{LeakStatus::kDead, "has ended"};
      } else if (IsThread(object)) {
        ASSIGN_OR_RETURN(const std::string status,
                         describe_.Property(object.id, "status"));
        if (status == "dead")
          return InspectedStatus{LeakStatus::kDead, "has ended"};
        if (!status.empty())
          return InspectedStatus{LeakStatus::kAlive, "still runs"};
      }
      return InspectedStatus();
    default:
      if (IsCode(object))
        return InspectedStatus{LeakStatus::kAlive, "loaded code"};
      return InspectedStatus();
  }
}

absl::StatusOr<PathLeakStatus> LeakStatusInspector::Judge(
    const RetentionPath& path) {
  PathLeakStatus judged;
  for (const PathStep& step : path.steps) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(step.object.id));
    ASSIGN_OR_RETURN(InspectedStatus own, Judge(object));
    // The state of the object itself outweighs that of its holder.
    if (own.liveness == LeakStatus::kUnknown) own = ByReference(step, path);
    judged.steps.push_back(std::move(own));
  }
  size_t alive = 0;  // steps up to and with the last one that is alive
  for (size_t i = 0; i < judged.steps.size(); ++i) {
    if (judged.steps[i].liveness == LeakStatus::kAlive) alive = i + 1;
  }
  size_t end = judged.steps.size();
  for (size_t i = alive; i < judged.steps.size(); ++i) {
    if (judged.steps[i].liveness != LeakStatus::kDead) continue;
    end = i + 1;
    break;
  }
  judged.first_suspect = alive;
  judged.suspects = end - alive;
  return judged;
}

}  // namespace heapq
