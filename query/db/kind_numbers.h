#ifndef HEAPQ_QUERY_DB_KIND_NUMBERS_H_
#define HEAPQ_QUERY_DB_KIND_NUMBERS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace heapq {

// Replaces each `$name` in a statement of heapq's own by the number of the edge
// kind ("$part") or object type ("$T_DATA") of that name. "$hash_value" is
// EdgeKind::kHashValue. kInternal: there is no such name.
absl::StatusOr<std::string> WithKindNumbers(std::string_view sql);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_KIND_NUMBERS_H_
