#include "query/db/class_instances.h"

#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<std::vector<uint32_t>> InstancesOfClass(HeapDb* db,
                                                       std::string_view name) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT id FROM objects WHERE class IN (SELECT c.id FROM "
                 "classes c JOIN classes r ON r.id = c.\"real\" WHERE r.name = "
                 "?1) AND type <> $T_ICLASS ORDER BY id"));
  rows->Bind(1, name);
  std::vector<uint32_t> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return ids;
    ids.push_back(static_cast<uint32_t>(rows->Int(0)));
  }
}

}  // namespace heapq
