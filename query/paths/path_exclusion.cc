#include "query/paths/path_exclusion.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/frame_values.h"
#include "query/labels/object_names.h"

namespace heapq {
namespace {

absl::Status NoName(const std::string& name) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", name,
      "\" names no class and no reference; expected Foo, Foo::*, Foo::BAR, "
      "@bar, Foo#@bar, Foo.@bar, $x or [:key]"));
}

bool IsClass(const ObjectRow& object) {
  return object.type == ObjectType::kClass ||
         object.type == ObjectType::kModule;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::StatusOr<PathExclusion> PathExclusion::Parse(
    HeapDb* db, const std::vector<std::string>& names) {
  PathExclusion exclusion(db);
  for (const std::string& name : names) {
    RETURN_IF_ERROR(exclusion.Add(name));
  }
  return exclusion;
}

absl::Status PathExclusion::Add(const std::string& name) {
  if (name.size() < 2) return NoName(name);
  if (name[0] == '$') {
    globals_.push_back(name);
    return absl::OkStatus();
  }
  Reference reference;
  if (name[0] == '[') {
    if (name.back() != ']') return NoName(name);
    reference.name = name.substr(1, name.size() - 2);
    reference.is_key = true;
    references_.push_back(std::move(reference));
    return absl::OkStatus();
  }
  const size_t at = name.find('@');
  if (at == std::string::npos) return AddConstant(name);
  if (at + 1 == name.size() || at == 1) return NoName(name);
  reference.name = name.substr(at);
  if (at > 0) {
    const char before = name[at - 1];
    if (before != '#' && before != '.') return NoName(name);
    reference.of_class = before == '.';
    reference.owner = name.substr(0, at - 1);
  }
  references_.push_back(std::move(reference));
  return absl::OkStatus();
}

absl::Status PathExclusion::AddConstant(const std::string& name) {
  if (absl::EndsWith(name, "::*")) {
    namespaces_.push_back(name.substr(0, name.size() - 1));
    return absl::OkStatus();
  }
  absl::StatusOr<NamedObjects> named = FindByName(&db_, name);
  if (absl::IsInvalidArgument(named.status())) return NoName(name);
  RETURN_IF_ERROR(named.status());
  if (!named->class_name.empty()) {
    classes_.push_back(named->class_name);
    return absl::OkStatus();
  }
  for (const uint32_t id : named->ids) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    if (IsClass(object) && object.name == name) {
      objects_.push_back(id);
      continue;
    }
    const size_t end = name.rfind("::");
    Reference reference;
    reference.of_class = true;
    reference.owner = end == std::string::npos ? "Object" : name.substr(0, end);
    reference.name = end == std::string::npos ? name : name.substr(end + 2);
    references_.push_back(std::move(reference));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PathExclusion::OfObject(const ObjectRow& object) {
  if (std::find(objects_.begin(), objects_.end(), object.id) !=
      objects_.end()) {
    return true;
  }
  if (classes_.empty() && namespaces_.empty()) return false;
  ASSIGN_OR_RETURN(const std::string name, describe_.ClassName(object));
  if (Contains(classes_, name)) return true;
  return std::any_of(namespaces_.begin(), namespaces_.end(),
                     [&name](const std::string& below) {
                       return absl::StartsWith(name, below);
                     });
}

bool PathExclusion::OfRoot(const RootRow& root) const {
  return !root.name.empty() && Contains(globals_, root.name);
}

absl::StatusOr<bool> PathExclusion::OfEdge(const ObjectRow& holder,
                                           const EdgeRow& edge) {
  if (references_.empty() || edge.n < 0) return false;
  const bool is_key =
      edge.kind == EdgeKind::kHashValue || edge.kind == EdgeKind::kHashValueOf;
  std::string name;
  if (edge.kind == EdgeKind::kHashValueOf) {
    ASSIGN_OR_RETURN(name,
                     describe_.KeyText(static_cast<uint32_t>(edge.label)));
  } else {
    ASSIGN_OR_RETURN(name, LabelName(&db_, edge.kind, edge.label));
  }
  for (const Reference& reference : references_) {
    if (reference.name != name || reference.is_key != is_key) continue;
    if (reference.owner.empty()) return true;
    if (reference.of_class) {
      if (IsClass(holder) && holder.name == reference.owner) return true;
      continue;
    }
    ASSIGN_OR_RETURN(const std::string owner, describe_.ClassName(holder));
    if (owner == reference.owner) return true;
  }
  return false;
}

absl::StatusOr<bool> PathExclusion::OfHop(Edges* edges, const ObjectRow& holder,
                                          uint32_t dst) {
  if (references_.empty()) return false;
  ASSIGN_OR_RETURN(const std::vector<EdgeRow> all,
                   edges->Between(holder.id, dst));
  for (const EdgeRow& edge : all) {
    ASSIGN_OR_RETURN(const bool excluded, OfEdge(holder, edge));
    if (!excluded) return false;
  }
  return !all.empty();
}

}  // namespace heapq
