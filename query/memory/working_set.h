#ifndef HEAPQ_QUERY_MEMORY_WORKING_SET_H_
#define HEAPQ_QUERY_MEMORY_WORKING_SET_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The objects that only locals of running methods hold. Bytes.
struct WorkingSet {
  uint64_t bytes = 0;
  uint64_t largest = 0;  // of the local that retains most
  std::string local;     // its name
  std::string method;    // the frame's label; may be empty
};

// Adds up what the locals of all frames retain. A local counts if its best path
// comes from its thread or fiber, which therefore has no named holder besides,
// and if no other object dominates it.
absl::StatusOr<WorkingSet> ReadWorkingSet(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_WORKING_SET_H_
