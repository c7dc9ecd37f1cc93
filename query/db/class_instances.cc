#include "query/db/class_instances.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// The ids that a statement with one column returns.
absl::StatusOr<std::vector<uint32_t>> Ids(Statement* rows) {
  std::vector<uint32_t> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return ids;
    ids.push_back(static_cast<uint32_t>(rows->Int(0)));
  }
}

// Takes iclasses out of `ids`, which are ascending. The class of an iclass is
// the module that it stands for. All of them are rows of `classes`.
absl::Status RemoveIclasses(HeapDb* db, std::vector<uint32_t>* ids) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached("SELECT id FROM classes"));
  ASSIGN_OR_RETURN(const std::vector<uint32_t> classes, Ids(rows));
  absl::flat_hash_set<uint32_t> iclasses;
  for (const uint32_t id : classes) {
    if (!std::binary_search(ids->begin(), ids->end(), id)) continue;
    ASSIGN_OR_RETURN(const ObjectRow object, db->Object(id));
    if (object.type == ObjectType::kIclass) iclasses.insert(id);
  }
  if (iclasses.empty()) return absl::OkStatus();
  ids->erase(std::remove_if(ids->begin(), ids->end(),
                            [&](uint32_t id) { return iclasses.contains(id); }),
             ids->end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<uint32_t>> InstancesOfClass(HeapDb* db,
                                                       std::string_view name) {
  // The index on the class answers without a look at the objects.
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT id FROM objects WHERE class IN (SELECT c.id FROM "
                 "classes c JOIN classes r ON r.id = c.\"real\" WHERE r.name = "
                 "?1)"));
  rows->Bind(1, name);
  ASSIGN_OR_RETURN(std::vector<uint32_t> ids, Ids(rows));
  std::sort(ids.begin(), ids.end());
  RETURN_IF_ERROR(RemoveIclasses(db, &ids));
  return ids;
}

}  // namespace heapq
