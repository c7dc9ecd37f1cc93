#include "query/dominator_tree.h"

#include <algorithm>
#include <map>
#include <utility>

#include "indexer/base/status_macros.h"
#include "query/dominated.h"

namespace heapq {
namespace {

// Of wider fans only the biggest children are looked at; the rest is small.
constexpr uint64_t kMostRead = 20000;

// Siblings that one group would take together.
struct Group {
  std::vector<Dominated> members;
  uint64_t retained = 0;
};

class TreeReader {
 public:
  TreeReader(HeapDb* db, const TreeOptions& options)
      : db_(*db), describe_(db), dominated_(db), options_(options) {}

  absl::StatusOr<DominatorTree> Read() {
    TreeNode top;
    if (options_.id == 0) {
      ASSIGN_OR_RETURN(const int64_t size, db_.MetaNumber("reachable_size"));
      top.retained = static_cast<uint64_t>(size);
    } else {
      ASSIGN_OR_RETURN(top.object, describe_.Summary(options_.id));
      top.retained = top.object->retained.value_or(0);
    }
    tree_.total = top.retained;
    tree_.nodes.push_back(top);
    // Depth first without recursion: what is still to be shown, last first.
    std::vector<TreeNode> pending;
    RETURN_IF_ERROR(Expand(options_.id, 1, &pending));
    while (!pending.empty()) {
      TreeNode node = std::move(pending.back());
      pending.pop_back();
      const int depth = node.depth;
      const uint32_t id = node.object ? node.object->id : 0;
      tree_.nodes.push_back(std::move(node));
      if (id != 0 && depth < options_.depth) {
        RETURN_IF_ERROR(Expand(id, depth + 1, &pending));
      }
    }
    return std::move(tree_);
  }

 private:
  absl::Status Expand(uint32_t id, int depth, std::vector<TreeNode>* pending) {
    if (depth > options_.depth) return absl::OkStatus();
    const auto least = static_cast<uint64_t>(options_.min_share *
                                             static_cast<double>(tree_.total));
    ASSIGN_OR_RETURN(const std::vector<Dominated> children,
                     dominated_.Children(id, kMostRead));
    std::vector<TreeNode> shown;
    std::map<std::pair<uint32_t, int64_t>, Group> groups;
    for (const Dominated& child : children) {
      if (child.retained >= least && child.retained > 0) {
        TreeNode node;
        node.depth = depth;
        ASSIGN_OR_RETURN(node.object, describe_.Summary(child.id));
        node.retained = child.retained;
        shown.push_back(std::move(node));
      } else {
        Group& group = groups[{child.class_id, child.kind}];
        group.members.push_back(child);
        group.retained += child.retained;
      }
      if (shown.size() > options_.most_children) break;
    }
    for (const auto& [key, group] : groups) {
      if (group.retained < least || group.retained == 0) continue;
      TreeNode node;
      node.depth = depth;
      node.count = group.members.size();
      node.retained = group.retained;
      if (node.count == 1) {
        ASSIGN_OR_RETURN(node.object,
                         describe_.Summary(group.members.front().id));
      } else if (key.first != 0) {
        ASSIGN_OR_RETURN(node.class_name, describe_.ClassPath(key.first));
      } else if (key.second != 0) {
        ASSIGN_OR_RETURN(node.class_name, db_.Name(key.second));
      } else {
        node.class_name =
            std::string(ObjectTypeName(group.members.front().type));
      }
      shown.push_back(std::move(node));
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const TreeNode& a, const TreeNode& b) {
                       return a.retained > b.retained;
                     });
    if (shown.size() > options_.most_children) {
      shown.resize(options_.most_children);
    }
    std::reverse(shown.begin(), shown.end());
    std::move(shown.begin(), shown.end(), std::back_inserter(*pending));
    return absl::OkStatus();
  }

  HeapDb& db_;
  Describer describe_;
  DominatedReader dominated_;
  const TreeOptions& options_;
  DominatorTree tree_;
};

}  // namespace

absl::StatusOr<DominatorTree> ReadDominatorTree(HeapDb* db,
                                                const TreeOptions& options) {
  return TreeReader(db, options).Read();
}

}  // namespace heapq
