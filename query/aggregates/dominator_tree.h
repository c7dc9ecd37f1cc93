#ifndef HEAPQ_QUERY_AGGREGATES_DOMINATOR_TREE_H_
#define HEAPQ_QUERY_AGGREGATES_DOMINATOR_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// An object of the dominator tree, or objects of one class that hang below the
// same node. Sizes are bytes.
struct DominatorNode {
  uint32_t parent = 0;   // place of the node above in the list; of the first: 0
  uint32_t id = 0;       // of the object; 0: a group, or the roots
  uint64_t address = 0;  // of the object
  ObjectType type = ObjectType::kUnknown;
  std::string label;  // of an object, as Ruby would show it; else class_name
  std::string class_name;  // as obj.class answers; a group's: its kind or type
                           // where it has none
  std::string held_as;  // how the node above holds it: "@handlers"; empty: not
                        // directly, or it is a group
  Place place;          // of the object: of its code, or its allocation
  uint64_t count = 1;   // objects in the group
  uint64_t size = 0;    // shallow, of all of them
  uint64_t retained = 0;
};

struct DominatorTreeOptions {
  uint32_t id = 0;  // the object at the top; 0: the roots
  size_t most_nodes = 3000;
  uint32_t most_depth = 64;         // levels below the top
  double min_share = 0.0005;        // of what the top retains
  uint64_t most_read = 10'000'000;  // rows of the file, in all
};

struct DominatorTree {
  std::vector<DominatorNode> nodes;  // the top first; below one node the one
                                     // that retains most first
  bool whole = true;  // false: options.most_nodes or most_read was reached, and
                      // nodes that retain less were left out
};

// The dominator tree in a bounded number of nodes. Objects that retain a tenth
// of what the node above does stand alone, so do classes and what the roots
// hold; other siblings of one class are one node, and what those dominate is
// grouped below it in the same way. Nodes that retain most are looked into
// first; what retains less than `min_share` is left out. kNotFound: no object
// has options.id.
absl::StatusOr<DominatorTree> ReadDominatorTree(
    HeapDb* db, const DominatorTreeOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_AGGREGATES_DOMINATOR_TREE_H_
