#include "query/db/no_roots.h"

#include <string>

#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<bool> HasRoots(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::string has_roots, db->MetaText("has_roots"));
  if (!has_roots.empty()) return has_roots != "0";
  // Files of older versions have only the number of roots.
  ASSIGN_OR_RETURN(const int64_t roots, db->MetaNumber("roots"));
  return roots != 0;
}

}  // namespace heapq
