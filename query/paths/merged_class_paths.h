#ifndef HEAPQ_QUERY_PATHS_MERGED_CLASS_PATHS_H_
#define HEAPQ_QUERY_PATHS_MERGED_CLASS_PATHS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/graph/merged_paths.h"
#include "query/labels/object_label.h"

namespace heapq {

// A hop that the paths to instances of one class share; see MergedHop.
struct ClassPathHop {
  MergedHop merged;
  std::string edge;                     // "@handlers"; "[*]" where it differs
  std::string class_name;               // of the objects, or "(imemo)"
  std::optional<ObjectSummary> object;  // nullopt: there are several
};

// The paths to all instances of a class, or to other objects, as one tree.
struct MergedClassPaths {
  std::string class_name;  // empty: the objects were given
  MergedPaths merged;      // without its hops
  std::vector<ClassPathHop> hops;
};

// Merges the best paths of all objects whose class is called `class_name`.
// Objects fall together that are held in the same way by the same thing and
// are of one class; classes and code only if they are the same object.
// Hops with less than `min_share` (0 to 1) of the instances are left out.
// Errors: kNotFound, with the nearest class that has instances.
absl::StatusOr<MergedClassPaths> ReadClassPaths(HeapDb* db,
                                                std::string_view class_name,
                                                double min_share);

// The same for `ids`, which ascend and are not empty.
absl::StatusOr<MergedClassPaths> ReadMergedPaths(
    HeapDb* db, const std::vector<uint32_t>& ids, double min_share);

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_MERGED_CLASS_PATHS_H_
