#ifndef HEAPQ_QUERY_DB_CLASS_INSTANCES_H_
#define HEAPQ_QUERY_DB_CLASS_INSTANCES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The ids of the objects whose class has this name, by id: those of all classes
// of the name, and objects with a singleton class as well. Empty: there are
// none.
absl::StatusOr<std::vector<uint32_t>> InstancesOfClass(HeapDb* db,
                                                       std::string_view name);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_CLASS_INSTANCES_H_
