#ifndef HEAPQ_QUERY_DB_CLASS_RESOLVER_H_
#define HEAPQ_QUERY_DB_CLASS_RESOLVER_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Finds obj.class by the class in an object's header: singleton classes
// and iclasses skipped. Asks the file once for each class: many objects have
// few classes, so that this is cheaper than a join.
class ClassResolver {
 public:
  // `db` must outlive it.
  explicit ClassResolver(HeapDb* db) : db_(*db) {}

  // The class itself where the file knows nothing better; of 0 it is 0.
  absl::StatusOr<uint32_t> Of(uint32_t class_id);

 private:
  HeapDb& db_;
  absl::flat_hash_map<uint32_t, uint32_t> known_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_CLASS_RESOLVER_H_
