#include "indexer/heap/vocabulary.h"

namespace heapq {
namespace {

struct TypeName {
  ObjectType type;
  std::string_view name;
};

constexpr TypeName kTypeNames[] = {
    {ObjectType::kGhost, "(missing)"},   {ObjectType::kObject, "T_OBJECT"},
    {ObjectType::kClass, "T_CLASS"},     {ObjectType::kModule, "T_MODULE"},
    {ObjectType::kFloat, "T_FLOAT"},     {ObjectType::kString, "T_STRING"},
    {ObjectType::kRegexp, "T_REGEXP"},   {ObjectType::kArray, "T_ARRAY"},
    {ObjectType::kHash, "T_HASH"},       {ObjectType::kStruct, "T_STRUCT"},
    {ObjectType::kBignum, "T_BIGNUM"},   {ObjectType::kFile, "T_FILE"},
    {ObjectType::kData, "T_DATA"},       {ObjectType::kMatch, "T_MATCH"},
    {ObjectType::kComplex, "T_COMPLEX"}, {ObjectType::kRational, "T_RATIONAL"},
    {ObjectType::kSymbol, "T_SYMBOL"},   {ObjectType::kImemo, "T_IMEMO"},
    {ObjectType::kNode, "T_NODE"},       {ObjectType::kIclass, "T_ICLASS"},
    {ObjectType::kUnknown, "T_UNKNOWN"},
};

}  // namespace

std::string_view ObjectTypeName(ObjectType type) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  return "T_UNKNOWN";
}

ObjectType ParseObjectType(std::string_view name) {
  constexpr std::string_view kPrefix = "T_";
  if (name.substr(0, kPrefix.size()) == kPrefix) {
    name.remove_prefix(kPrefix.size());
  }
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == ObjectType::kGhost) continue;
    if (entry.name.substr(kPrefix.size()) == name) return entry.type;
  }
  return ObjectType::kUnknown;
}

std::string_view EdgeKindName(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kRef:
      return "ref";
    case EdgeKind::kClass:
      return "class";
    case EdgeKind::kSuper:
      return "super";
    case EdgeKind::kIvar:
      return "ivar";
    case EdgeKind::kCvar:
      return "cvar";
    case EdgeKind::kConst:
      return "const";
    case EdgeKind::kIndex:
      return "index";
    case EdgeKind::kHashKey:
      return "hash_key";
    case EdgeKind::kHashValue:
    case EdgeKind::kHashValueOf:
      return "hash_value";
    case EdgeKind::kMember:
      return "member";
    case EdgeKind::kLocal:
      return "local";
    case EdgeKind::kFrameLocal:
      return "frame_local";
    case EdgeKind::kFramePart:
      return "frame_part";
    case EdgeKind::kMethod:
      return "method";
    case EdgeKind::kFiberLocal:
      return "fiber_local";
    case EdgeKind::kThreadVariable:
      return "thread_variable";
    case EdgeKind::kPart:
      return "part";
    case EdgeKind::kItem:
      return "item";
    case EdgeKind::kProperty:
      return "property";
  }
  return "ref";
}

LabelIs EdgeLabelIs(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kRef:
    case EdgeKind::kClass:
    case EdgeKind::kSuper:
      return LabelIs::kNone;
    case EdgeKind::kIndex:
    case EdgeKind::kHashKey:
      return LabelIs::kIndex;
    case EdgeKind::kHashValueOf:
      return LabelIs::kObject;
    default:
      return LabelIs::kName;
  }
}

}  // namespace heapq
