#ifndef HEAPQ_QUERY_SUSPECTS_GROWTH_H_
#define HEAPQ_QUERY_SUSPECTS_GROWTH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/suspects/candidate.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/path_fingerprints.h"
#include "query/suspects/path_tree.h"

namespace heapq {

// How much there is of an accumulation in one heap.
struct PathAmount {
  uint64_t count = 0;
  uint64_t bytes = 0;
  bool exact = true;  // false: the path is too small to have a row: at most
};

// How an accumulation changed over two or three heaps.
struct Growth {
  std::vector<PathAmount> amounts;  // one for each heap, oldest first
  // From the first heap to the last; where an amount is not exact, at least.
  uint64_t count = 0;
  uint64_t bytes = 0;
  size_t steps = 0;    // between how many heaps and the next ones it grew
  double minutes = 0;  // from the first heap to the last; 0: not known
};

// "grew twice, 300 a dump, by 29.5 kB a dump (150 and 14.7 kB a minute)",
// "grew by 12 (1.2 kB)".
std::string GrowthVerdict(const Growth& growth);

// One of the heaps that are compared.
struct HeapPaths {
  HeapDb* db = nullptr;
  PathTree tree;
  std::unique_ptr<CodeOwners> owners;
  PathFingerprints prints;

  static absl::StatusOr<std::unique_ptr<HeapPaths>> Read(HeapDb* db);
};

// A path of the last heap, the objects of which grew in number or in size by
// more than the number of their holders explains.
struct GrowthPoint {
  Candidate candidate;
  uint64_t own_bytes = 0;  // growth, without that of points further down
  Growth growth;
};

// The points with most growth, in no order; at most `limit`. `heaps`: oldest
// first.
absl::StatusOr<std::vector<GrowthPoint>> FindGrowthPoints(
    const std::vector<const HeapPaths*>& heaps, double minutes, size_t limit);

// The amounts of accumulations by fingerprint, whatever their size. Those that
// are missing in the answer hold at most `heap.prints.largest_unknown()` bytes.
absl::StatusOr<absl::flat_hash_map<uint64_t, PathAmount>> FindAmounts(
    const HeapPaths& heap, const std::set<uint64_t>& fingerprints);

// The greatest amount that a path without a row can have.
PathAmount AtMost(uint64_t bytes);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_GROWTH_H_
