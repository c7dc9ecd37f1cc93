#ifndef HEAPQ_QUERY_LABELS_PATH_ROOT_H_
#define HEAPQ_QUERY_LABELS_PATH_ROOT_H_

#include <optional>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"

namespace heapq {

// The category of a class or module that starts its own path. It is not in the
// table `roots`; the root's name is the path of the constant.
inline constexpr char kConstantRoot[] = "constants";

// Returns the start of the best path to an object without a parent: a
// strong root, or a kConstantRoot for a class or module that starts its own
// path (docs/reference/paths.md). nullopt: the file contradicts itself.
absl::StatusOr<std::optional<RootRow>> PathRoot(HeapDb* db,
                                                const ObjectRow& object);

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_PATH_ROOT_H_
