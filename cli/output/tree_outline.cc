#include "cli/output/tree_outline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/output/terminal.h"

namespace heapq {

std::vector<OutlineLine> OutlineOf(const DominatorTree& tree, size_t most,
                                   int most_depth) {
  const size_t count = tree.nodes.size();
  std::vector<int> depths(count, 0);
  std::vector<std::vector<size_t>> children(count);
  std::vector<size_t> by_size;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) {
      const size_t parent = tree.nodes[i].parent;
      depths[i] = depths[parent] + 1;
      children[parent].push_back(i);
    }
    if (depths[i] <= most_depth) by_size.push_back(i);
  }
  // A node retains no less than those below it: of equal ones the upper one
  // stands first in the list.
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) {
    return tree.nodes[a].retained > tree.nodes[b].retained;
  });
  if (by_size.size() > most) by_size.resize(most);
  std::vector<bool> shown(count, false);
  for (const size_t at : by_size) shown[at] = true;
  std::vector<OutlineLine> lines;
  std::vector<size_t> pending;
  if (count > 0) pending.push_back(0);
  while (!pending.empty()) {
    const size_t at = pending.back();
    pending.pop_back();
    if (!shown[at]) continue;
    lines.push_back({&tree.nodes[at], depths[at]});
    pending.insert(pending.end(), children[at].rbegin(), children[at].rend());
  }
  return lines;
}

std::string NodeText(const DominatorNode& node) {
  if (node.count == 1) return node.label;
  return absl::StrCat(Grouped(static_cast<int64_t>(node.count)), " × ",
                      node.label);
}

std::string HeldText(const DominatorNode& node) {
  return node.held_as.empty() || node.held_as == node.label
             ? NodeText(node)
             : absl::StrCat(node.held_as, "  ", node.label);
}

}  // namespace heapq
