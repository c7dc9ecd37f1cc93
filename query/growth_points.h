#ifndef HEAPQ_QUERY_GROWTH_POINTS_H_
#define HEAPQ_QUERY_GROWTH_POINTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/heap_db.h"
#include "query/retention.h"

namespace heapq {

// Where new objects hang: an object that was there before, or a root, and what
// it got. Sizes are bytes.
struct GrowthPoint {
  std::string class_name;   // of what it got; "(T_IMEMO)" where there is none
  uint64_t count = 0;       // how many of these it got
  uint64_t objects = 0;     // these and the new ones below them
  uint64_t size = 0;        // shallow, of all of those
  RetentionPath path;       // to the first of them
  std::string fingerprint;  // of `path`; see Suspect::fingerprint
};

// Puts each of the objects `added` (ids, ascending) down to the topmost of them
// on its best path, and counts these by what holds them. Unreachable ones are
// left out. The `limit` points with most bytes, largest first.
absl::StatusOr<std::vector<GrowthPoint>> FindGrowthPoints(
    HeapDb* db, const std::vector<uint32_t>& added, size_t limit);

}  // namespace heapq

#endif  // HEAPQ_QUERY_GROWTH_POINTS_H_
