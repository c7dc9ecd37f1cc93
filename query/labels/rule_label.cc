#include "query/labels/rule_label.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// Longer chains of superclasses exist only in damaged dumps.
constexpr int kMaxChain = 1000;

// The statements that find the target of a step, in `edges` and in `fields`.
// Keys are looked for among the first 400 entries only.
struct StepSql {
  const char* edges;
  const char* fields;
};

constexpr StepSql kNamed = {
    "SELECT e.dst FROM edges e JOIN names n ON n.id = e.label WHERE e.src = ?1 "
    "AND e.kind = ?2 AND n.text = ?3 ORDER BY e.n LIMIT 1",
    "SELECT f.value FROM fields f JOIN names n ON n.id = f.label WHERE f.src = "
    "?1 AND f.kind = ?2 AND n.text = ?3 ORDER BY f.n LIMIT 1"};
// A symbol as a key is an immediate, or, if it was made from a String, an
// object: then the edge is of the kind ?4.
constexpr StepSql kSymbolKeys = {
    "SELECT e.dst FROM (SELECT kind, label, dst FROM edges WHERE src = ?1 AND "
    "kind IN (?2, ?4) LIMIT 400) e LEFT JOIN names n ON e.kind = ?2 AND n.id = "
    "e.label LEFT JOIN objects o ON e.kind = ?4 AND o.id = e.label WHERE "
    "n.text = ':' || ?3 OR (o.type = $T_SYMBOL AND o.name = ?3) LIMIT 1",
    "SELECT f.value FROM (SELECT kind, label, value FROM fields WHERE src = ?1 "
    "AND kind IN (?2, ?4) LIMIT 400) f LEFT JOIN names n ON f.kind = ?2 AND "
    "n.id = f.label LEFT JOIN objects o ON f.kind = ?4 AND o.id = f.label "
    "WHERE n.text = ':' || ?3 OR (o.type = $T_SYMBOL AND o.name = ?3) LIMIT "
    "1"};
constexpr StepSql kStringKeys = {
    "SELECT e.dst FROM (SELECT label, dst FROM edges WHERE src = ?1 AND kind = "
    "?2 LIMIT 400) e CROSS JOIN strings s ON s.id = e.label WHERE s.value = ?3 "
    "LIMIT 1",
    "SELECT f.value FROM (SELECT label, value FROM fields WHERE src = ?1 AND "
    "kind = ?2 LIMIT 400) f CROSS JOIN strings s ON s.id = f.label WHERE "
    "s.value = ?3 LIMIT 1"};
constexpr StepSql kIndexes = {
    "SELECT dst FROM edges WHERE src = ?1 AND kind = ?2 AND label = ?3 LIMIT 1",
    "SELECT value FROM fields WHERE src = ?1 AND kind = ?2 AND label = ?3 "
    "LIMIT 1"};

const StepSql& SqlOf(LabelStep::Kind kind) {
  switch (kind) {
    case LabelStep::kIvar:
    case LabelStep::kMember:
      return kNamed;
    case LabelStep::kSymbolKey:
      return kSymbolKeys;
    case LabelStep::kStringKey:
      return kStringKeys;
    case LabelStep::kIndex:
      break;
  }
  return kIndexes;
}

EdgeKind KindOf(LabelStep::Kind kind) {
  switch (kind) {
    case LabelStep::kIvar:
      return EdgeKind::kIvar;
    case LabelStep::kMember:
      return EdgeKind::kMember;
    case LabelStep::kSymbolKey:
      return EdgeKind::kHashValue;
    case LabelStep::kStringKey:
      return EdgeKind::kHashValueOf;
    case LabelStep::kIndex:
      break;
  }
  return EdgeKind::kIndex;
}

bool IsRedacted(const std::string& text) {
  return text.find("(redacted") != std::string::npos;
}

}  // namespace

bool RuleLabels::MayLabel(ObjectType type) {
  return type == ObjectType::kObject || type == ObjectType::kHash ||
         type == ObjectType::kStruct || type == ObjectType::kData;
}

absl::StatusOr<std::vector<const LabelRule*>> RuleLabels::RulesFor(
    uint32_t class_id, const std::string& class_name) {
  const auto known = of_class_.find(class_id);
  if (known != of_class_.end()) return known->second;
  std::vector<std::string> above;
  for (uint32_t at = class_id; at != 0 && above.size() < kMaxChain;) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT name, superclass FROM classes WHERE id = ?1"));
    row->Bind(1, int64_t{at});
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    above.emplace_back(row->Text(0));
    at = static_cast<uint32_t>(row->Int(1));
    row->Reset();
  }
  std::vector<const LabelRule*> rules;
  for (const LabelRule& rule : rules_.labels) {
    bool fits = FitsPattern(rule.class_name, class_name);
    for (size_t i = 0; i < above.size() && rule.subclasses && !fits; ++i) {
      fits = FitsPattern(rule.class_name, above[i]);
    }
    if (fits) rules.push_back(&rule);
  }
  of_class_[class_id] = rules;
  return rules;
}

absl::StatusOr<std::optional<RuleLabels::Target>> RuleLabels::Follow(
    uint32_t object, const LabelStep& step) {
  const StepSql& sql = SqlOf(step.kind);
  for (const bool is_edge : {true, false}) {
    ASSIGN_OR_RETURN(Statement * row,
                     db_.Cached(is_edge ? sql.edges : sql.fields));
    row->Bind(1, int64_t{object});
    row->Bind(2, static_cast<int64_t>(KindOf(step.kind)));
    if (step.kind == LabelStep::kIndex) {
      row->Bind(3, step.index);
    } else {
      row->Bind(3, step.name);
    }
    if (step.kind == LabelStep::kSymbolKey) {
      row->Bind(4, static_cast<int64_t>(EdgeKind::kHashValueOf));
    }
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) continue;
    Target target;
    if (is_edge) {
      target.object = static_cast<uint32_t>(row->Int(0));
    } else {
      target.text = std::string(row->Text(0));
    }
    row->Reset();
    return std::optional<Target>(std::move(target));
  }
  return std::optional<Target>();
}

absl::StatusOr<std::optional<std::string>> RuleLabels::TextOf(uint32_t id) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  switch (object.type) {
    case ObjectType::kString:
    case ObjectType::kFloat:
    case ObjectType::kBignum: {
      ASSIGN_OR_RETURN(Statement * row,
                       db_.Cached("SELECT value FROM strings WHERE id = ?1"));
      row->Bind(1, int64_t{id});
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found || row->is_null(0)) return std::optional<std::string>();
      std::string text(row->Text(0));
      row->Reset();
      return std::optional<std::string>(std::move(text));
    }
    case ObjectType::kSymbol:
    case ObjectType::kClass:
    case ObjectType::kModule:
      if (object.name.empty()) break;
      return std::optional<std::string>(object.name);
    default:
      break;
  }
  return std::optional<std::string>();
}

absl::StatusOr<std::optional<std::string>> RuleLabels::ValueAt(
    uint32_t object, const std::vector<LabelStep>& path) {
  Target at;
  at.object = object;
  for (const LabelStep& step : path) {
    if (at.object == 0) return std::optional<std::string>();
    ASSIGN_OR_RETURN(std::optional<Target> next, Follow(at.object, step));
    if (!next.has_value()) return std::optional<std::string>();
    at = std::move(*next);
  }
  if (at.object == 0) return std::optional<std::string>(std::move(at.text));
  return TextOf(at.object);
}

absl::StatusOr<std::string> RuleLabels::Of(const ObjectRow& object,
                                           uint32_t class_id,
                                           const std::string& class_name) {
  if (class_name.empty() || !MayLabel(object.type) || !db_.has_fields()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const std::vector<const LabelRule*> rules,
                   RulesFor(class_id, class_name));
  for (const LabelRule* rule : rules) {
    std::string label;
    bool complete = true;
    for (const LabelTemplate::Part& part : rule->label.parts) {
      label += part.text;
      if (!part.has_value) continue;
      std::optional<std::string> value;
      if (part.class_name) value = class_name;
      for (size_t i = 0; i < part.paths.size() && !value.has_value(); ++i) {
        ASSIGN_OR_RETURN(value, ValueAt(object.id, part.paths[i]));
      }
      complete = value.has_value() && !IsRedacted(*value);
      if (!complete) break;
      label += OneLine(*value, kShownCharacters);
    }
    if (complete) return label;
  }
  return std::string();
}

}  // namespace heapq
