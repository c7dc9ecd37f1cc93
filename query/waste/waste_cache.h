#ifndef HEAPQ_QUERY_WASTE_WASTE_CACHE_H_
#define HEAPQ_QUERY_WASTE_WASTE_CACHE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/waste/waste.h"

namespace heapq {

// Reads the result of an earlier FindWaste from the tables waste, waste_owners
// and waste_strings; nullopt: not computed yet.
absl::StatusOr<std::optional<Waste>> ReadKeptWaste(HeapDb* db);

// Writes it there. A file that can't be written, or that another process writes
// at the time, stays as it is: the next one who asks pays again.
void KeepWaste(const Waste& waste, HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_CACHE_H_
