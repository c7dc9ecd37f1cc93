#ifndef HEAPQ_QUERY_GRAPH_GRAPH_VIEW_H_
#define HEAPQ_QUERY_GRAPH_GRAPH_VIEW_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/model/object_type.h"
#include "indexer/model/path_policy.h"

namespace heapq {

// The strong references of an analysed heap, as the questions of this folder
// see them: they ask for the neighbourhood of one object at a time, so that a
// small answer needs no more of a large heap.db than its own surroundings. Id
// 0 stands for the roots, taken together. Not thread-safe.
class GraphView {
 public:
  // An object without its references.
  struct Object {
    ObjectType type = ObjectType::kUnknown;
    int64_t kind = 0;       // T_DATA type name or imemo kind, by number
    bool ghost = false;     // the dump has no record of it
    uint32_t class_id = 0;  // as obj.class answers; 0: it has none
    uint64_t size = 0;      // shallow, bytes
  };
  // And where it stands.
  struct Node : Object {
    uint8_t tier = kUnreachable;  // of the best path, objects.tier
    uint32_t parent = 0;          // the holder on the best path; 0: a root
    uint32_t idom = 0;            // 0: the roots
    uint64_t retained = 0;        // bytes
  };
  static constexpr uint8_t kUnreachable = 255;

  // All strong references from one holder to one object, by what it takes to
  // make them go.
  struct Arc {
    uint32_t holder = 0;
    uint32_t cuttable = 0;
    uint32_t fixed = 0;
    uint32_t passing = 0;

    uint32_t count() const { return cuttable + fixed + passing; }
    // One more reference.
    void Add(Hold hold) {
      ++(hold == Hold::kCuttable ? cuttable
         : hold == Hold::kFixed  ? fixed
                                 : passing);
    }
  };

  virtual ~GraphView() = default;

  virtual absl::StatusOr<Node> At(uint32_t id) = 0;
  // Replaces `arcs` by those that lead to `id`, one for each holder, the roots
  // (0) and a class's instances among them. Holders may be unreachable.
  virtual absl::Status Holders(uint32_t id, std::vector<Arc>* arcs) = 0;
  // The arc from `holder` to `id`; its count() is 0 where there is none.
  virtual absl::StatusOr<Arc> Between(uint32_t holder, uint32_t id) = 0;
  // Replaces `ids` by what `id` refers to, its class as well, in any order;
  // an id may come twice.
  virtual absl::Status Held(uint32_t id, std::vector<uint32_t>* ids) = 0;
  // Calls `use` with each object that `id` dominates, itself left out, in any
  // order. Cheaper by far than to go there by references.
  virtual absl::Status Below(
      uint32_t id, absl::FunctionRef<void(uint32_t, const Object&)> use) = 0;
};

// References from one object (0: the roots) to another.
struct References {
  uint32_t holder = 0;
  uint32_t held = 0;
  uint32_t count = 1;  // how many of those between the two
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_GRAPH_VIEW_H_
