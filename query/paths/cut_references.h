#ifndef HEAPQ_QUERY_PATHS_CUT_REFERENCES_H_
#define HEAPQ_QUERY_PATHS_CUT_REFERENCES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/graph/min_cut.h"
#include "query/labels/object_label.h"

namespace heapq {

// A reference as people name it.
struct NamedReference {
  std::string kind;                     // as EdgeKindName has it; "root"
  std::string label;                    // "@handlers", "$bus"
  std::optional<ObjectSummary> holder;  // nullopt: a root
  ObjectSummary held;
};

// Which references must go so that an object can be freed.
struct CutReferences {
  ObjectSummary object;
  bool reachable = false;  // false: nothing keeps it, the rest is empty
  Cut::Outcome outcome = Cut::kFound;
  // kFound: all of them must go. kFixed: the way that can't be cut, from a
  // root on.
  std::vector<NamedReference> references;
  // With these gone nothing but a cache or the machine stack holds it: it
  // goes when these do.
  bool passing_left = false;
  uint64_t freed_objects = 0;  // with them, when what passes is gone, too
  uint64_t freed_size = 0;     // bytes
};

absl::StatusOr<CutReferences> ReadReferencesToCut(HeapDb* db, uint32_t id,
                                                  const CutOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_CUT_REFERENCES_H_
