#ifndef HEAPQ_QUERY_DB_EDGE_LOOKUP_H_
#define HEAPQ_QUERY_DB_EDGE_LOOKUP_H_

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"

namespace heapq {

// Edges::Best for many hops that are asked for holder by holder: reads more of
// a holder's edges at a time the more of them are asked for.
class EdgeLookup {
 public:
  // `db` must outlive it.
  explicit EdgeLookup(HeapDb* db) : db_(*db), edges_(db) {}

  // kDataLoss: there is no edge from `holder` (not the roots) to `id`.
  absl::StatusOr<EdgeRow> Best(uint32_t holder, uint32_t id);

 private:
  // The first `limit` edges of the holder.
  absl::Status Read(uint64_t limit);

  HeapDb& db_;
  Edges edges_;
  uint32_t holder_ = 0;
  std::optional<ObjectRow> row_;  // of the holder, if it was needed
  uint64_t asked_ = 0;            // hops from it
  uint64_t limit_ = 0;            // how many of its edges were read
  bool whole_ = false;            // these are all
  absl::flat_hash_map<uint32_t, EdgeRow> best_;  // of them, by what is held
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_EDGE_LOOKUP_H_
