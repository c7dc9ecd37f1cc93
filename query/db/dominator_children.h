#ifndef HEAPQ_QUERY_DB_DOMINATOR_CHILDREN_H_
#define HEAPQ_QUERY_DB_DOMINATOR_CHILDREN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/class_resolver.h"
#include "query/db/heap_db.h"

namespace heapq {

// An object as the dominator tree's table has it. Sizes are bytes.
struct DominatorChild {
  uint32_t id = 0;
  ObjectType type = ObjectType::kUnknown;
  int64_t kind = 0;       // T_DATA type name or imemo kind: see HeapDb::Name
  uint32_t class_id = 0;  // as obj.class answers; 0: it has none
  uint64_t size = 0;      // shallow
  uint64_t retained = 0;
  bool dominates = false;  // something has it for its immediate dominator
};

// Reads the dominator tree downwards, without a look-up for each object.
class DominatorChildReader {
 public:
  // `db` must outlive it.
  explicit DominatorChildReader(HeapDb* db) : db_(*db), classes_(db) {}

  // The objects that `idom` (0: the roots) dominates immediately, most retained
  // first, at most `limit` (1 or more).
  absl::StatusOr<std::vector<DominatorChild>> Children(uint32_t idom,
                                                       uint64_t limit);

  // The objects that any of `idoms` dominates immediately, each once, by
  // ascending idom, then most retained first. `use` answers whether it wants
  // more, and reads nothing of the tree itself.
  absl::Status ChildrenOf(std::vector<uint32_t> idoms,
                          absl::FunctionRef<bool(const DominatorChild&)> use);

  // All that `id` dominates, itself left out, in no order. kDataLoss where a
  // damaged file leads round in a ring.
  absl::Status Below(uint32_t id,
                     absl::FunctionRef<void(const DominatorChild&)> use);

 private:
  absl::StatusOr<DominatorChild> Read(const Statement& row);
  // The children of `idoms`, which ascend, from its place `at` on, as far as
  // they are near each other in the file; `at` becomes where to go on.
  absl::Status ReadFrom(const std::vector<uint32_t>& idoms, size_t* at,
                        absl::FunctionRef<bool(const DominatorChild&)> use);

  HeapDb& db_;
  ClassResolver classes_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_DOMINATOR_CHILDREN_H_
