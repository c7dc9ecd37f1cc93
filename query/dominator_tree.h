#ifndef HEAPQ_QUERY_DOMINATOR_TREE_H_
#define HEAPQ_QUERY_DOMINATOR_TREE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/describe.h"
#include "query/heap_db.h"

namespace heapq {

// One object of the dominator tree, or siblings of one class taken together.
struct TreeNode {
  int depth = 0;                        // below the asked object, which is 0
  std::optional<ObjectSummary> object;  // nullopt: a group, or the roots
  std::string class_name;               // of a group
  uint64_t count = 1;                   // objects in the group
  uint64_t retained = 0;                // bytes, of all of them
};

struct TreeOptions {
  uint32_t id = 0;            // 0: the roots
  int depth = 3;              // levels below `id`
  double min_share = 0.01;    // of the asked object's retained size
  size_t most_children = 20;  // shown of one object
};

struct DominatorTree {
  uint64_t total = 0;           // bytes that the asked object retains
  std::vector<TreeNode> nodes;  // depth first, biggest first
};

// Drills down the dominator tree: what would go with an object, and with what
// in it. Children below `min_share` are left out, siblings of one class that
// only together reach it are grouped.
absl::StatusOr<DominatorTree> ReadDominatorTree(HeapDb* db,
                                                const TreeOptions& options);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DOMINATOR_TREE_H_
