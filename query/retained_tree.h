#ifndef HEAPQ_QUERY_RETAINED_TREE_H_
#define HEAPQ_QUERY_RETAINED_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/heap_db.h"

namespace heapq {

// An object of the dominator tree, or objects of one class that hang below the
// same node. Sizes are bytes.
struct RetainedNode {
  uint32_t parent = 0;   // place of the node above in the list; of the first: 0
  uint32_t id = 0;       // of the object; 0: a group, or the roots
  uint64_t address = 0;  // of the object
  ObjectType type = ObjectType::kUnknown;
  std::string label;    // of an object, as Ruby would show it; a group's class
  std::string held_as;  // how the node above holds it: "@handlers"; empty: not
                        // directly, or it is a group
  uint64_t count = 1;   // objects in the group
  uint64_t size = 0;    // shallow, of all of them
  uint64_t retained = 0;
};

struct RetainedTreeOptions {
  size_t most_nodes = 3000;
  uint32_t most_depth = 64;
  double min_share = 0.0005;         // of all that is reachable
  uint64_t most_read = 2'000'000;    // rows of the file, in all
  uint64_t most_children = 500'000;  // of one object
};

struct RetainedTree {
  std::vector<RetainedNode> nodes;  // the roots first; below one node the one
                                    // that retains most first
  bool whole = true;  // false: options.most_nodes or most_read was reached
};

// The dominator tree of the whole heap in a bounded number of nodes. Objects
// that retain a tenth of what the node above does stand alone, so do classes
// and what the roots hold; other siblings of one class are one node, and what
// those dominate is grouped below it in the same way. Nodes that retain most
// are looked into first; what retains less than `min_share` is left out.
absl::StatusOr<RetainedTree> ReadRetainedTree(
    HeapDb* db, const RetainedTreeOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_RETAINED_TREE_H_
