#ifndef HEAPQ_QUERY_GRAPH_DB_GRAPH_H_
#define HEAPQ_QUERY_GRAPH_DB_GRAPH_H_

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "indexer/model/path_policy.h"
#include "query/db/class_resolver.h"
#include "query/db/dominator_children.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/graph/graph_view.h"

namespace heapq {

// A heap.db as the graph algorithms see it. Keeps what it read of each object.
class DbGraph : public GraphView {
 public:
  // `db` must outlive it.
  explicit DbGraph(HeapDb* db)
      : db_(*db), edges_(db), dominated_(db), classes_(db) {}

  absl::StatusOr<Node> At(uint32_t id) override;
  absl::Status Holders(uint32_t id, std::vector<Arc>* arcs) override;
  absl::StatusOr<Arc> Between(uint32_t holder, uint32_t id) override;
  absl::Status Held(uint32_t id, std::vector<uint32_t>* ids) override;
  absl::Status Below(
      uint32_t id,
      absl::FunctionRef<void(uint32_t, const Object&)> use) override;

  // Returns how a reference can be cleared.
  absl::StatusOr<Hold> HoldOf(const EdgeRow& edge);

 private:
  struct Known {
    Node node;
    uint32_t class_id = 0;  // as the object's header has it
    PathRole role = PathRole::kContainer;
  };

  // Valid until the next call.
  absl::StatusOr<const Known*> Know(uint32_t id);
  // Returns the role of T_DATAs or imemos (`type`) of a kind; `kind` numbers a
  // name.
  absl::StatusOr<PathRole> RoleOfKind(ObjectType type, int64_t kind,
                                      bool hidden_root);
  absl::Status CountRoots(uint32_t id, Arc* arc);
  absl::Status ReadInstances();

  HeapDb& db_;
  Edges edges_;
  DominatorChildReader dominated_;
  ClassResolver classes_;
  absl::flat_hash_map<uint32_t, Known> known_;
  // By type, kind and whether it is a hidden root.
  absl::flat_hash_map<std::tuple<ObjectType, int64_t, bool>, PathRole> roles_;
  // (class, instance), sorted; read when the first class is asked for.
  std::vector<std::pair<uint32_t, uint32_t>> instances_;
  bool has_instances_ = false;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_DB_GRAPH_H_
