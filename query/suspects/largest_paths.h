#ifndef HEAPQ_QUERY_SUSPECTS_LARGEST_PATHS_H_
#define HEAPQ_QUERY_SUSPECTS_LARGEST_PATHS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// All objects of a heap with the same fingerprint. Sizes are bytes.
struct FingerprintTotal {
  std::string fingerprint;
  std::string class_name;
  uint64_t count = 0;
  uint64_t size = 0;    // shallow
  uint64_t bytes = 0;   // with what hangs below them on best paths
  std::string path;     // the masked path, one text for all heaps
  uint32_t object = 0;  // id of the one nearest to the roots
};

// The `limit` fingerprints with most bytes, largest first.
absl::StatusOr<std::vector<FingerprintTotal>> LargestPaths(HeapDb* db,
                                                           size_t limit);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_LARGEST_PATHS_H_
