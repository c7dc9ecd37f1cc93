#include "query/suspects/largest_paths.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_join.h"
#include "indexer/base/status_macros.h"
#include "query/suspects/fingerprint.h"
#include "query/suspects/growth.h"
#include "query/suspects/path_text.h"

namespace heapq {

absl::StatusOr<std::vector<FingerprintTotal>> LargestPaths(HeapDb* db,
                                                           size_t limit) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapPaths> heap, HeapPaths::Read(db));
  std::vector<std::pair<uint64_t, uint32_t>> largest;  // bytes, node
  absl::flat_hash_set<uint64_t> seen;
  for (uint32_t i = 1; i < heap->tree.nodes().size(); ++i) {
    const uint64_t fingerprint = heap->prints.OfNode(i);
    if (!seen.insert(fingerprint).second) continue;
    largest.emplace_back(heap->prints.Find(fingerprint)->bytes, i);
  }
  std::sort(largest.begin(), largest.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (largest.size() > limit) largest.resize(limit);
  std::vector<FingerprintTotal> totals;
  for (const auto& [bytes, node] : largest) {
    const uint64_t fingerprint = heap->prints.OfNode(node);
    const PathFingerprints::Amount& amount = *heap->prints.Find(fingerprint);
    FingerprintTotal total;
    total.fingerprint = FingerprintText(fingerprint);
    total.class_name = HeldClass(heap->tree[node]);
    total.count = amount.count;
    total.size = amount.size;
    total.bytes = bytes;
    ASSIGN_OR_RETURN(
        const std::vector<std::string> texts,
        PathTexts(heap->tree, node, heap->owners.get(), /*with_counts=*/false));
    total.path = absl::StrJoin(texts, " → ");
    total.object = heap->tree[node].first;
    totals.push_back(std::move(total));
  }
  return totals;
}

}  // namespace heapq
