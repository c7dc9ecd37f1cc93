#ifndef HEAPQ_QUERY_AGGREGATES_SEARCH_H_
#define HEAPQ_QUERY_AGGREGATES_SEARCH_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "query/aggregates/class_histogram.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// The classes and strings that a search found.
struct SearchResult {
  std::vector<TypeCount> classes;      // whose name has it, most objects first
  std::vector<ObjectSummary> strings;  // whose text has it, by id
  bool whole = true;  // false: there is more, or it was cancelled
};

// Looks through the names of classes and the texts of strings and symbols.
// At most `limit` of each. A cancelled search gives what it has found.
absl::StatusOr<SearchResult> SearchHeap(HeapDb* db, std::string_view text,
                                        uint64_t limit,
                                        Cancellation cancellation);

struct Instances {
  std::vector<ObjectSummary> rows;  // most retained first, then by id
  uint64_t total = 0;               // there are in all
};

// The objects whose `class` method answers `class_id`. Errors: kCancelled.
absl::StatusOr<Instances> FindInstances(HeapDb* db, uint32_t class_id,
                                        uint64_t limit,
                                        Cancellation cancellation);

}  // namespace heapq

#endif  // HEAPQ_QUERY_AGGREGATES_SEARCH_H_
