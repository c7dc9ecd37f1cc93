#include "cli/export/node_name.h"

#include "absl/strings/str_cat.h"

namespace heapq {

std::string NodeName(const NodeRow& node) {
  std::string type(ObjectTypeName(node.type));
  const std::string name(node.name);
  const std::string kind = node.kind.empty() ? type : std::string(node.kind);
  switch (node.type) {
    case ObjectType::kGhost:
      return type;
    case ObjectType::kClass:
      return absl::StrCat("class ", name.empty() ? "(anonymous)" : name);
    case ObjectType::kModule:
      return absl::StrCat("module ", name.empty() ? "(anonymous)" : name);
    case ObjectType::kImemo:
    case ObjectType::kIclass:
    case ObjectType::kNode:
      return absl::StrCat("(", kind, ")", name.empty() ? "" : " ", name);
    default:
      break;
  }
  if (!node.class_name.empty()) return std::string(node.class_name);
  return absl::StrCat("(", kind, ")");
}

}  // namespace heapq
