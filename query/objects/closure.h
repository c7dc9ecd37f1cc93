#ifndef HEAPQ_QUERY_OBJECTS_CLOSURE_H_
#define HEAPQ_QUERY_OBJECTS_CLOSURE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"
#include "query/objects/object_view.h"

namespace heapq {

// The captured locals of one method or block.
struct EnvView {
  ObjectSummary env;
  std::optional<IseqName> owner;  // whose locals they are; nullopt: unknown
  // A block that captured them, where the owner is unknown.
  std::optional<IseqName> captured_by;
  std::vector<FieldView> locals;  // by name, in the order of the record
};

// Whose locals an env holds, or which envs code owns.
struct ClosureOwner {
  ObjectSummary object;
  // The block of a proc; an iseq itself.
  std::optional<IseqName> code;
  // The env of a proc, or the env itself, then the outer ones.
  std::vector<EnvView> envs;
  // For an iseq: the envs that it owns and the procs made of it.
  bool is_iseq = false;
  Paged<ObjectSummary> owned_envs;
  Paged<ObjectSummary> procs;
};

// `id`: a proc, an env, or an iseq; anything else is kInvalidArgument. `page`
// is for what an iseq owns.
absl::StatusOr<ClosureOwner> FindOwner(HeapDb* db, uint32_t id, Page page);

}  // namespace heapq

#endif  // HEAPQ_QUERY_OBJECTS_CLOSURE_H_
