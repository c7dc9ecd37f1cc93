#ifndef HEAPQ_QUERY_REFERENCES_TO_CUT_H_
#define HEAPQ_QUERY_REFERENCES_TO_CUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/describe.h"
#include "query/graph/cut.h"
#include "query/heap_db.h"

namespace heapq {

// A reference as people name it.
struct NamedReference {
  std::string kind;                     // as EdgeKindName has it; "root"
  std::string label;                    // "@handlers", "$bus"
  std::optional<ObjectSummary> holder;  // nullopt: a root
  ObjectSummary held;
};

// Which references must go so that an object can be freed.
struct ReferencesToCut {
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

absl::StatusOr<ReferencesToCut> ReadReferencesToCut(HeapDb* db, uint32_t id,
                                                    const CutOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_REFERENCES_TO_CUT_H_
