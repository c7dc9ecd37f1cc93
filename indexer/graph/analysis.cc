#include "indexer/graph/analysis.h"

#include <new>

#include "indexer/graph/dominators.h"
#include "indexer/graph/owner_search.h"

namespace heapq {

absl::StatusOr<Analysis> Analyze(const Heap& heap, const Cancellation& stop) {
  try {
    Analysis analysis;
    if (!ComputeDominators(heap, stop, &analysis) ||
        !SearchOwners(heap, stop, &analysis)) {
      return Cancelled();
    }
    return analysis;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        "not enough memory to analyse the heap; load it on a larger machine");
  }
}

}  // namespace heapq
