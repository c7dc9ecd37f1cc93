#include "indexer/graph/edge_tier.h"

#include <string_view>
#include <vector>

namespace heapq {

EdgeTiers::EdgeTiers(const Heap& heap)
    : heap_(heap), machine_stack_(~0u), role_(size_t{heap.last_id()} + 1) {
  const auto role = [](ObjectType type, std::string_view kind, bool hidden) {
    return static_cast<uint8_t>(RoleOf(type, kind, hidden));
  };
  const size_t names = heap.names.size();
  std::vector<uint8_t> imemo_role(names);
  std::vector<uint8_t> data_role(names);
  for (uint32_t i = 0; i < names; ++i) {
    const std::string_view name = heap.names.Text(i);
    imemo_role[i] = role(ObjectType::kImemo, name, false);
    data_role[i] = role(ObjectType::kData, name, false);
    if (name == kMachineStack) machine_stack_ = i;
  }
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    const ObjectType type = heap.type[id];
    role_[id] = type == ObjectType::kImemo  ? imemo_role[heap.kind[id]]
                : type == ObjectType::kData ? data_role[heap.kind[id]]
                                            : role(type, {}, false);
  }
  for (const RootEntry& root : heap.roots) {
    const ObjectType type = heap.type[root.dst];
    if (!root.weak && IsHiddenRoot(type, heap.class_of[root.dst] != 0, true)) {
      role_[root.dst] = role(type, {}, true);
    }
  }
  for (uint8_t kind = 0; kind < kKinds; ++kind) {
    for (uint8_t from = 0; from < kRoles; ++from) {
      for (uint8_t to = 0; to < kRoles; ++to) {
        tier_[kind][from][to] =
            EdgeTier(static_cast<PathRole>(from), static_cast<EdgeKind>(kind),
                     static_cast<PathRole>(to), false);
      }
    }
  }
}

}  // namespace heapq
