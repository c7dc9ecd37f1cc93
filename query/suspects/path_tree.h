#ifndef HEAPQ_QUERY_SUSPECTS_PATH_TREE_H_
#define HEAPQ_QUERY_SUSPECTS_PATH_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "indexer/model/masked_path.h"
#include "query/db/heap_db.h"

namespace heapq {

// A row of `paths`: objects whose best paths differ only in indexes, keys made
// from data, addresses and digits. Sizes are bytes.
struct PathNode {
  uint32_t parent = 0;  // 0: none
  MaskedHop hop = MaskedHop::kEdge;
  EdgeKind kind = EdgeKind::kRef;  // of MaskedHop::kEdge
  std::string label;               // of the hop
  MaskedObject what = MaskedObject::kInstance;
  ObjectType type = ObjectType::kUnknown;
  std::string name;  // of a class, or a kind
  uint32_t klass = 0;
  uint32_t iseq = 0;
  uint32_t first = 0;  // object nearest to the roots
  uint8_t tier = 0;
  uint64_t count = 0;
  uint64_t size = 0;
  uint64_t bytes = 0;  // with all paths that continue this one
  uint64_t elements = 0;
  uint64_t keys = 0;
  uint32_t entries = 0;  // objects that none of the same path holds
  uint32_t fan = 0;
  uint32_t holders = 0;
  uint32_t depth = 0;
  std::vector<uint32_t> kids;

  bool IsElement() const {
    return hop == MaskedHop::kElement || hop == MaskedHop::kKey ||
           (hop == MaskedHop::kEdge && kind == EdgeKind::kHashValue);
  }
  bool IsEdge(EdgeKind edge) const {
    return hop == MaskedHop::kEdge && kind == edge;
  }
  bool IsInstance(const char* class_name) const {
    return what == MaskedObject::kInstance && name == class_name;
  }
  // Digits were left out of the name of a class ("Tenants::Tenant#"), or of the
  // label of a variable ("@row_#").
  bool HasNumberedName() const { return name.find('#') != std::string::npos; }
  bool HasNumberedLabel() const { return label.find('#') != std::string::npos; }
  bool IsClass() const {
    return what == MaskedObject::kClass || what == MaskedObject::kAnonymous ||
           what == MaskedObject::kSingleton;
  }
};

// The masked paths of a heap. Node 0 stands for the roots; a node's parent has
// a smaller number.
class PathTree {
 public:
  // kDataLoss where a damaged file contradicts itself.
  static absl::StatusOr<PathTree> Read(HeapDb* db);

  const std::vector<PathNode>& nodes() const { return nodes_; }
  const PathNode& operator[](uint32_t i) const { return nodes_[i]; }
  // From the first hop to `node`.
  std::vector<uint32_t> PathTo(uint32_t node) const;
  // Whether `above` is `node` or lies on the path to it.
  bool IsAbove(uint32_t above, uint32_t node) const;

 private:
  std::vector<PathNode> nodes_;
};

// Up to 20 objects of a path.
absl::StatusOr<std::vector<uint32_t>> PathSamples(HeapDb* db, uint32_t node);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_PATH_TREE_H_
