#include "indexer/model/path_policy.h"

namespace heapq {
namespace {

// Registers and machine stack, in the formats' words.
bool IsMachine(std::string_view category) {
  return category == "machine_context" || category == "stack_and_registers";
}

bool IsCache(PathRole from, PathRole to, bool on_stack) {
  return on_stack || from == PathRole::kCallCache || to == PathRole::kCallCache;
}

// A stack slot of a call whose method comes from an included module. No
// program can name such an object.
bool IsLeftover(PathRole from, EdgeKind kind, PathRole to) {
  return kind == EdgeKind::kRef && from == PathRole::kThread &&
         to == PathRole::kIclass;
}

}  // namespace

PathRole RoleOf(ObjectType type, std::string_view kind, bool hidden_root) {
  // A running thread is held by a root as well, but is not hidden.
  if (hidden_root) {
    if (type != ObjectType::kData) return PathRole::kInternal;
    const ObjectKindTraits& traits = TraitsOfKind(kind);
    return traits.as_data == PathRole::kData ? PathRole::kInternal
                                             : traits.as_data;
  }
  switch (type) {
    case ObjectType::kClass:
    case ObjectType::kModule:
      return PathRole::kClasses;
    case ObjectType::kIclass:
      return PathRole::kIclass;
    case ObjectType::kImemo:
      return TraitsOfKind(kind).as_imemo;
    case ObjectType::kData:
      return TraitsOfKind(kind).as_data;
    case ObjectType::kNode:
      return PathRole::kCode;
    default:
      return PathRole::kContainer;
  }
}

bool IsHiddenRoot(ObjectType type, bool has_class, bool held_by_root) {
  return held_by_root && !has_class &&
         (type == ObjectType::kArray || type == ObjectType::kHash ||
          type == ObjectType::kData);
}

Tier EdgeTier(PathRole from, EdgeKind kind, PathRole to, bool on_stack) {
  if (IsCache(from, to, on_stack) || IsLeftover(from, kind, to)) return kCache;
  if (from == PathRole::kInternal) return kStructure;
  switch (TraitsOf(kind).origin) {
    case EdgeOrigin::kStructure:
      return kStructure;
    case EdgeOrigin::kProgram:
      return kWritten;
    case EdgeOrigin::kByEnds:
      break;
  }
  // A part, or a reference without a name: its ends decide. A class's own
  // nameless references may be constants, so only those to code are worse.
  if (from == PathRole::kCode || from == PathRole::kIclass) return kStructure;
  if (to == PathRole::kCode || to == PathRole::kIclass) return kStructure;
  if (from == PathRole::kClasses && kind != EdgeKind::kRef) return kStructure;
  return kWritten;
}

Hold EdgeHold(PathRole from, EdgeKind kind, PathRole to, bool on_stack) {
  if (IsCache(from, to, on_stack) || IsLeftover(from, kind, to)) {
    return Hold::kPassing;
  }
  if (from == PathRole::kInternal || from == PathRole::kCode ||
      from == PathRole::kIclass) {
    return Hold::kFixed;
  }
  switch (TraitsOf(kind).clearing) {
    case Clearing::kWithHolder:
      return Hold::kFixed;
    case Clearing::kStatement:
      return Hold::kCuttable;
    case Clearing::kByEnds:
      break;
  }
  if (kind == EdgeKind::kPart) {  // a hash's default, but not a proc's env
    return from == PathRole::kContainer ? Hold::kCuttable : Hold::kFixed;
  }
  // Without a name: what a program could have written, or Ruby's own link?
  const bool internal = to == PathRole::kInternal || to == PathRole::kCode ||
                        to == PathRole::kIclass || to == PathRole::kEnv;
  return internal || from == PathRole::kData ? Hold::kFixed : Hold::kCuttable;
}

Tier RootTier(std::string_view category) {
  return IsMachine(category) ? kCache : kWritten;
}

Hold RootHold(std::string_view category, bool has_name) {
  if (IsMachine(category)) return Hold::kPassing;
  const bool of_program = has_name || category == "global_tbl" ||
                          category == "globals" || category == "finalizers";
  return of_program ? Hold::kCuttable : Hold::kFixed;
}

}  // namespace heapq
