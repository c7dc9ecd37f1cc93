#ifndef HEAPQ_CLI_OUTPUT_TREE_OUTLINE_H_
#define HEAPQ_CLI_OUTPUT_TREE_OUTLINE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "query/aggregates/dominator_tree.h"

namespace heapq {

// A line of the tree's largest part, for those who read it as a list.
struct OutlineLine {
  const DominatorNode* node = nullptr;  // lives in the tree
  int depth = 0;                        // the top has 0
};

// Depth first, what retains most first: the `most` largest nodes whose whole
// way from the top is among them, not deeper than `most_depth`.
std::vector<OutlineLine> OutlineOf(const DominatorTree& tree, size_t most,
                                   int most_depth);

// "Hash (1 entry)", "1,000 × Proc".
std::string NodeText(const DominatorNode& node);
// The same, after how the node above holds it: "@handlers  Hash (1 entry)".
std::string HeldText(const DominatorNode& node);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_TREE_OUTLINE_H_
