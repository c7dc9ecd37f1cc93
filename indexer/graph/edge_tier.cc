#include "indexer/graph/edge_tier.h"

#include <algorithm>
#include <vector>

namespace heapq {

Tier RootTier(std::string_view category) {
  return category == "machine_context" ? kCache : kWritten;
}

EdgeTiers::EdgeTiers(const Heap& heap) : role_(size_t{heap.last_id()} + 1) {
  std::vector<uint8_t> role_of_kind(heap.names.size(), kInternal);
  for (size_t i = 0; i < role_of_kind.size(); ++i) {
    const std::string_view kind = heap.names.Text(static_cast<uint32_t>(i));
    if (kind == "VM/env" || kind == "ifunc") {
      role_of_kind[i] = kPlain;
    } else if (kind == "iseq" || kind == "ment" || kind == "cref") {
      role_of_kind[i] = kCode;
    } else if (kind == "callcache" || kind == "callinfo" ||
               kind == "constcache") {
      role_of_kind[i] = kCallCache;
    }
  }
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    switch (heap.type[id]) {
      case ObjectType::kClass:
      case ObjectType::kModule:
        role_[id] = kClasses;
        break;
      case ObjectType::kIclass:
        role_[id] = kIclass;
        break;
      case ObjectType::kImemo:
        role_[id] = role_of_kind[heap.kind[id]];
        break;
      case ObjectType::kData: {
        // The first gem writes code and closures as data.
        const std::string_view kind = heap.names.Text(heap.kind[id]);
        role_[id] = kind == "iseq" ? kCode : kPlain;
        break;
      }
      default:
        role_[id] = kPlain;
    }
  }
}

Tier EdgeTiers::Of(ObjectId src, EdgeKind kind, ObjectId dst) const {
  const uint8_t from = role_[src];
  const uint8_t to = role_[dst];
  if (from == kCallCache || to == kCallCache) return kCache;
  switch (kind) {
    case EdgeKind::kClass:
    case EdgeKind::kSuper:
    case EdgeKind::kMethod:
      return kStructure;
    case EdgeKind::kIvar:
    case EdgeKind::kCvar:
    case EdgeKind::kConst:
    case EdgeKind::kMember:
    case EdgeKind::kLocal:
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFiberLocal:
    case EdgeKind::kThreadVariable:
    case EdgeKind::kIndex:
    case EdgeKind::kHashKey:
    case EdgeKind::kHashValue:
    case EdgeKind::kHashValueOf:
      return kWritten;
    default:
      break;
  }
  // A part, or a reference without a name: its ends decide. A class's own
  // nameless references may be constants, so only those to code are worse.
  if (from == kCode || from == kIclass || from == kInternal) return kStructure;
  if (to == kCode || to == kIclass) return kStructure;
  if (from == kClasses && kind != EdgeKind::kRef) return kStructure;
  return kWritten;
}

}  // namespace heapq
