#ifndef HEAPQ_QUERY_PATHS_WHAT_IF_H_
#define HEAPQ_QUERY_PATHS_WHAT_IF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

struct ClassTally {
  std::string name;  // class, or "(imemo)" and the like
  uint64_t count = 0;
  uint64_t size = 0;  // bytes
};

// The memory that is freed if objects and references are removed.
struct WhatIfAnswer {
  std::vector<std::string> dropped;  // as people name it, in the asked order
  uint64_t objects = 0;
  uint64_t size = 0;                // bytes; overlaps count once
  uint64_t reachable_size = 0;      // of the whole heap
  std::vector<ClassTally> classes;  // of what goes, biggest first
  // Targets of removed references that other objects hold as well.
  std::vector<ObjectSummary> staying;
};

// `objects`: ids as people type them. `references`: "HOLDER:LABEL", HOLDER an
// id or "root", LABEL as refs and why-alive show it ("@cache", "[:key]",
// "$bus"). Errors: kInvalidArgument, kNotFound; both name what there is.
absl::StatusOr<WhatIfAnswer> ReadDropping(
    HeapDb* db, const std::vector<std::string>& objects,
    const std::vector<std::string>& references);

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_WHAT_IF_H_
