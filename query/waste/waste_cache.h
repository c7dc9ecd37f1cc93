#ifndef HEAPQ_QUERY_WASTE_WASTE_CACHE_H_
#define HEAPQ_QUERY_WASTE_WASTE_CACHE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/waste/waste.h"

namespace heapq {

// What FindWaste once found, from the tables waste, waste_owners and
// waste_strings; nullopt: nobody has asked yet.
absl::StatusOr<std::optional<Waste>> ReadKeptWaste(HeapDb* db);

// Writes it there. A file that can't be written, or that somebody else writes
// at the time, stays as it is: the next one who asks pays again.
void KeepWaste(const Waste& waste, HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_CACHE_H_
