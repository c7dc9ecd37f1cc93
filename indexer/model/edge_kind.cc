#include "indexer/model/edge_kind.h"

#include <cstddef>

namespace heapq {
namespace {

using K = EdgeKind;
using L = LabelType;
using O = EdgeOrigin;
using C = Clearing;

// Each row stands at the index of its kind, but for kProperty, the last row.
constexpr EdgeTraits kTraits[] = {
    {K::kRef, "ref", L::kNone, O::kByEnds, C::kByEnds},
    {K::kClass, "class", L::kNone, O::kStructure, C::kWithHolder},
    {K::kSuper, "super", L::kNone, O::kStructure, C::kWithHolder},
    {K::kIvar, "ivar", L::kName, O::kProgram, C::kStatement},
    {K::kCvar, "cvar", L::kName, O::kProgram, C::kStatement},
    {K::kConst, "const", L::kName, O::kProgram, C::kStatement},
    {K::kIndex, "index", L::kIndex, O::kProgram, C::kStatement},
    {K::kHashKey, "hash_key", L::kIndex, O::kProgram, C::kStatement},
    {K::kHashValue, "hash_value", L::kName, O::kProgram, C::kStatement},
    {K::kHashValueOf, "hash_value", L::kObject, O::kProgram, C::kStatement},
    {K::kMember, "member", L::kName, O::kProgram, C::kStatement},
    {K::kLocal, "local", L::kName, O::kProgram, C::kStatement},
    {K::kFrameLocal, "frame_local", L::kFrameValue, O::kProgram, C::kStatement},
    {K::kFramePart, "frame_part", L::kFrameValue, O::kByEnds, C::kWithHolder},
    {K::kMethod, "method", L::kName, O::kStructure, C::kStatement},
    {K::kFiberLocal, "fiber_local", L::kName, O::kProgram, C::kStatement},
    {K::kThreadVariable, "thread_variable", L::kName, O::kProgram,
     C::kStatement},
    {K::kPart, "part", L::kName, O::kByEnds, C::kByEnds},
    {K::kItem, "item", L::kName, O::kByEnds, C::kStatement},
    {K::kProperty, "property", L::kName, O::kByEnds, C::kStatement},
};
constexpr size_t kKinds = sizeof(kTraits) / sizeof(kTraits[0]) - 1;

constexpr bool RowsStandAtTheirKinds() {
  for (size_t i = 0; i < kKinds; ++i) {
    if (static_cast<size_t>(kTraits[i].kind) != i) return false;
  }
  return kTraits[kKinds].kind == K::kProperty;
}
static_assert(RowsStandAtTheirKinds(),
              "an edge kind has no row, or a wrong one");

}  // namespace

const EdgeTraits& TraitsOf(EdgeKind kind) {
  if (kind == EdgeKind::kProperty) return kTraits[kKinds];
  const auto row = static_cast<size_t>(kind);
  return kTraits[row < kKinds ? row : 0];
}

}  // namespace heapq
