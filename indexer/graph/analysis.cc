#include "indexer/graph/analysis.h"

#include <new>

#include "indexer/graph/dominators.h"
#include "indexer/graph/owner_search.h"

namespace heapq {

absl::StatusOr<Analysis> Analyze(const Heap& heap) {
  try {
    Analysis analysis;
    ComputeDominators(heap, &analysis);
    SearchOwners(heap, &analysis);
    return analysis;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        "not enough memory to analyse the heap; load it on a larger machine");
  }
}

}  // namespace heapq
