#ifndef HEAPQ_QUERY_GRAPH_MERGED_PATHS_H_
#define HEAPQ_QUERY_GRAPH_MERGED_PATHS_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "query/graph/graph_view.h"

namespace heapq {

// A hop that best paths share: objects that are alike, held by objects that
// are alike. The sums are of the targets at or below it.
struct MergedHop {
  uint32_t depth = 0;    // 1: what a root holds
  uint32_t sample = 0;   // the object of least id, and what holds it
  uint32_t holder = 0;   // 0: a root
  uint64_t objects = 0;  // how many are merged in this hop
  uint64_t ending = 0;   // targets among these
  uint64_t targets = 0;
  uint64_t size = 0;      // bytes
  uint64_t retained = 0;  // bytes; a target that another one dominates counts
                          // with that one
  uint64_t left_out = 0;  // hops below that are not in the list
  bool one_label = true;  // all objects have the same HopSignature::label
};

// The appearance of a hop, as numbers.
struct HopSignature {
  HopSignature(uint64_t a_look, uint64_t a_label = 0)  // NOLINT: a plain number
      : look(a_look), label(a_label) {}

  uint64_t look;   // hops with the same one fall together
  uint64_t label;  // may differ within a hop: an index, a key
};

struct MergeOptions {
  uint64_t least_targets = 1;   // hops with fewer are left out
  uint32_t least_roots = 5;     // but so many at the roots are not
  uint32_t most_children = 20;  // of one hop
  uint32_t most_depth = 60;
};

struct MergedPaths {
  uint64_t targets = 0;      // reachable ones
  uint64_t unreachable = 0;  // targets that are not
  uint64_t size = 0;         // bytes, reachable ones
  uint64_t retained = 0;
  uint64_t left_out = 0;        // hops at the roots that are not in the list
  std::vector<MergedHop> hops;  // depth first; most targets first
};

// Merges the best paths to `targets` (distinct) into one tree. Two objects
// fall together when their holders do and `alike(holder, object)` gives the
// same look; holder 0 is a root.
absl::StatusOr<MergedPaths> MergePaths(
    GraphView* graph, const std::vector<uint32_t>& targets,
    absl::FunctionRef<absl::StatusOr<HopSignature>(uint32_t, uint32_t)> alike,
    const MergeOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_MERGED_PATHS_H_
