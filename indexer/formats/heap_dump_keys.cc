#include "indexer/formats/heap_dump_keys.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_map.h"
#include "indexer/base/string_view.h"
#include "indexer/model/object_kind.h"

namespace heapq {

const HeapDumpKeySpec& HeapDumpKeyOf(std::string_view name) {
  static const auto* const kByName = [] {
    auto* const by_name =
        new absl::flat_hash_map<absl::string_view, const HeapDumpKeySpec*>;
    for (const HeapDumpKeySpec& spec : kHeapDumpKeys) {
      by_name->emplace(View(spec.name), &spec);
    }
    return by_name;
  }();
  static constexpr HeapDumpKeySpec kOther;
  const auto found = kByName->find(View(name));
  return found == kByName->end() ? kOther : *found->second;
}

const FrameKeySpec& FrameKeyOf(std::string_view name) {
  static constexpr FrameKeySpec kOther;
  const auto* const found = std::find_if(
      std::begin(kFrameKeys), std::end(kFrameKeys),
      [name](const FrameKeySpec& spec) { return spec.name == name; });
  return found == std::end(kFrameKeys) ? kOther : *found;
}

EdgeKind KindOfLocals(std::string_view type_name) {
  return IsThreadOrFiber(KindOf(type_name)) ? EdgeKind::kFiberLocal
                                            : EdgeKind::kLocal;
}

bool IsCount(HeapDumpKey key) {
  switch (key) {
    case HeapDumpKey::kSize:
    case HeapDumpKey::kSlotSize:
    case HeapDumpKey::kLine:
    case HeapDumpKey::kGeneration:
    case HeapDumpKey::kLength:
    case HeapDumpKey::kFrom:
    case HeapDumpKey::kCount:
      return true;
    default:
      return false;
  }
}

}  // namespace heapq
