#include "indexer/model/object_type.h"

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

}  // namespace heapq
