#ifndef HEAPQ_QUERY_AGGREGATES_TOTALS_H_
#define HEAPQ_QUERY_AGGREGATES_TOTALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

enum class TotalsOf {
  kNamespaces,   // class paths and the module paths above them
  kFiles,        // allocation sites, by file
  kGems,         // allocation sites, by gem
  kSites,        // allocation sites; by samples, where there are any
  kUnreachable,  // classes of objects that no root reaches
};

// Sizes are bytes.
struct TotalRow {
  std::string name;
  uint64_t count = 0;
  uint64_t size = 0;                 // shallow
  std::optional<uint64_t> retained;  // where it is known without overlaps
};

// The largest `limit` totals: by retained size where there is one, else by
// shallow size.
absl::StatusOr<std::vector<TotalRow>> ReadTotals(HeapDb* db, TotalsOf of,
                                                 uint64_t limit);

// Explains from this dump why no root reaches some objects. A sentence each.
absl::StatusOr<std::vector<std::string>> WhyUnreachable(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_AGGREGATES_TOTALS_H_
