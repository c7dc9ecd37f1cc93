#include "indexer/formats/dump_all_keys.h"

#include "absl/container/flat_hash_map.h"
#include "indexer/base/string_view.h"

namespace heapq {

const DumpAllKeySpec& DumpAllKeyOf(std::string_view name) {
  static const auto* const kByName = [] {
    auto* const by_name =
        new absl::flat_hash_map<absl::string_view, const DumpAllKeySpec*>;
    for (const DumpAllKeySpec& spec : kDumpAllKeys) {
      by_name->emplace(View(spec.name), &spec);
    }
    return by_name;
  }();
  static constexpr DumpAllKeySpec kOther;
  const auto found = kByName->find(View(name));
  return found == kByName->end() ? kOther : *found->second;
}

}  // namespace heapq
