#ifndef HEAPQ_INDEXER_GRAPH_ANALYSIS_H_
#define HEAPQ_INDEXER_GRAPH_ANALYSIS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/column.h"
#include "indexer/heap/heap.h"

namespace heapq {

// The answers that need the whole graph. Every column has last_id()+1
// entries; entry 0 stands for the super-root.
struct Analysis {
  static constexpr uint8_t kUnreachable = 255;

  // The best path on the owner graph (docs/reference/schema.md, objects.tier).
  Column<uint8_t> tier;     // kUnreachable: no strong path
  Column<ObjectId> parent;  // 0: held by a root, or one of heap.constants
  Column<uint32_t> depth;   // 1: where parent is 0
  // Skew-binary ancestor of those that lie this deep, 0: the super-root. Of
  // others it means nothing; empty where there are none so deep.
  static constexpr uint32_t kDepthWithJump = 64;
  Column<ObjectId> jump;

  // Dominator tree of the GC-exact graph.
  Column<ObjectId> idom;      // 0: the super-root
  Column<uint64_t> retained;  // bytes; [0]: all that is reachable

  uint64_t reachable_count = 0;
  uint64_t reachable_size = 0;  // bytes
};

// Runs every graph stage over `heap`. Fails only when memory runs out, or with
// kCancelled soon after `stop` was requested.
absl::StatusOr<Analysis> Analyze(const Heap& heap,
                                 const Cancellation& stop = {});

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_ANALYSIS_H_
