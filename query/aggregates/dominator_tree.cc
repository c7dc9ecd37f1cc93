#include "query/aggregates/dominator_tree.h"

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "indexer/base/status_macros.h"
#include "query/db/dominator_children.h"
#include "query/db/edges.h"
#include "query/labels/edge_label.h"
#include "query/labels/object_label.h"

namespace heapq {
namespace {

// A node that retains this share of the node above has a line of its own.
constexpr double kAlone = 0.1;

bool IsClass(ObjectType type) {
  return type == ObjectType::kClass || type == ObjectType::kModule ||
         type == ObjectType::kIclass;
}

// Siblings that fall together: by class; by what they are where there is none.
using GroupKey = std::tuple<uint32_t, ObjectType, int64_t>;
GroupKey KeyOf(const DominatorChild& child) {
  if (child.class_id != 0) return {child.class_id, ObjectType::kUnknown, 0};
  return {0, child.type, child.kind};
}

class Builder {
 public:
  Builder(HeapDb* db, const DominatorTreeOptions& options)
      : db_(*db),
        options_(options),
        describe_(db),
        dominated_(db),
        labels_(db, &describe_),
        edges_(db),
        rows_left_(options.most_read) {}

  absl::StatusOr<DominatorTree> Build() {
    RETURN_IF_ERROR(AddTop());
    least_ = static_cast<uint64_t>(
        options_.min_share * static_cast<double>(tree_.nodes[0].retained));
    if (least_ == 0) least_ = 1;
    pending_.push({tree_.nodes[0].retained, 0});
    while (!pending_.empty() && tree_.whole) {
      const size_t at = at_of(pending_.top());
      pending_.pop();
      RETURN_IF_ERROR(Expand(at));
    }
    for (size_t i = 1; i < tree_.nodes.size(); ++i) RETURN_IF_ERROR(Name(i));
    return std::move(tree_);
  }

 private:
  absl::Status AddTop() {
    DominatorNode& top = tree_.nodes.emplace_back();
    work_.push_back({0, {options_.id}, GroupKey()});
    if (options_.id == 0) {
      ASSIGN_OR_RETURN(const int64_t total, db_.MetaNumber("reachable_size"));
      top.label = "(the roots)";
      top.retained = static_cast<uint64_t>(total);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const ObjectSummary object,
                     describe_.Summary(options_.id));
    top.id = options_.id;
    top.type = object.type;
    top.size = object.size;
    top.retained = object.retained.value_or(0);
    Describe(object, &top);
    return absl::OkStatus();
  }

  // The state of a node that is not part of the answer.
  struct Work {
    uint32_t depth = 0;
    std::vector<uint32_t> members;  // those that may dominate something
    GroupKey key;
  };
  struct Group {
    std::vector<uint32_t> members;
    DominatorChild first;
    uint64_t count = 0;
    uint64_t size = 0;
    uint64_t retained = 0;
  };
  // Most retained first, then the earlier node.
  struct Pending {
    uint64_t retained;
    size_t at;
    bool operator<(const Pending& other) const {
      return retained != other.retained ? retained < other.retained
                                        : at > other.at;
    }
  };
  static size_t at_of(const Pending& pending) { return pending.at; }

  absl::Status Expand(size_t at) {
    const uint32_t depth = work_[at].depth;
    if (depth >= options_.most_depth) return absl::OkStatus();
    const auto alone = static_cast<uint64_t>(
        kAlone * static_cast<double>(tree_.nodes[at].retained));
    std::vector<Group> groups;  // of one object each, for those that are alone
    std::map<GroupKey, Group> grouped;
    const bool are_roots = at == 0 && options_.id == 0;
    RETURN_IF_ERROR(dominated_.ChildrenOf(
        std::move(work_[at].members), [&](const DominatorChild& child) {
          if (rows_left_ == 0) {
            tree_.whole = false;
            return false;
          }
          --rows_left_;
          const bool stands_alone =
              child.retained >= least_ &&
              (are_roots || IsClass(child.type) || child.retained >= alone);
          if (stands_alone) {
            groups.emplace_back();
            Add(child, &groups.back());
          } else {
            Add(child, &grouped[KeyOf(child)]);
          }
          return true;
        }));
    if (!tree_.whole) grouped.clear();  // their sums would not be right
    for (auto& [key, group] : grouped) {
      if (group.retained >= least_) groups.push_back(std::move(group));
    }
    std::stable_sort(
        groups.begin(), groups.end(), [](const Group& a, const Group& b) {
          return a.retained != b.retained ? a.retained > b.retained
                                          : a.first.id < b.first.id;
        });
    for (Group& group : groups) {
      if (tree_.nodes.size() >= options_.most_nodes) {
        tree_.whole = false;
        break;
      }
      Append(at, depth + 1, std::move(group));
    }
    return absl::OkStatus();
  }

  static void Add(const DominatorChild& child, Group* group) {
    if (group->count++ == 0) group->first = child;
    group->size += child.size;
    group->retained += child.retained;
    if (child.dominates) group->members.push_back(child.id);
  }

  void Append(size_t parent, uint32_t depth, Group group) {
    DominatorNode node;
    node.parent = static_cast<uint32_t>(parent);
    node.type = group.first.type;
    node.count = group.count;
    node.size = group.size;
    node.retained = group.retained;
    if (group.count == 1) node.id = group.first.id;
    const size_t at = tree_.nodes.size();
    if (!group.members.empty()) pending_.push({node.retained, at});
    tree_.nodes.push_back(std::move(node));
    work_.push_back({depth, std::move(group.members), KeyOf(group.first)});
  }

  static void Describe(const ObjectSummary& object, DominatorNode* node) {
    node->address = object.address;
    node->label = object.label;
    node->class_name = object.class_name;
    node->place = object.place;
  }

  absl::Status Name(size_t at) {
    DominatorNode& node = tree_.nodes[at];
    if (node.id == 0) {
      const auto& [class_id, type, kind] = work_[at].key;
      if (class_id != 0) {
        ASSIGN_OR_RETURN(node.label, describe_.ClassPath(class_id));
      } else if (kind != 0) {
        ASSIGN_OR_RETURN(node.label, db_.Name(kind));
      } else {
        node.label = std::string(ObjectTypeName(type));
      }
      node.class_name = node.label;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(node.id));
    Describe(object, &node);
    if (node.parent == 0 && options_.id == 0) {
      ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(node.id));
      if (!roots.empty() && !roots.front().weak) {
        node.held_as = EdgeLabels::OfRoot(roots.front());
        return absl::OkStatus();
      }
    }
    const uint32_t holder = tree_.nodes[node.parent].id;
    if (holder == 0) return NameByConstant(&node);
    ASSIGN_OR_RETURN(const ObjectRow row, db_.Object(holder));
    ASSIGN_OR_RETURN(const std::optional<EdgeRow> edge,
                     edges_.Best(row, node.id));
    if (!edge.has_value()) return NameByConstant(&node);
    ASSIGN_OR_RETURN(node.held_as, labels_.Of(*edge));
    return absl::OkStatus();
  }

  // What the node above holds only through others may still be the value of a
  // constant: "Tracker::LISTENERS", which caches hold as well.
  absl::Status NameByConstant(DominatorNode* node) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(node->id));
    if (!object.reachable || object.parent == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(object.parent));
    ASSIGN_OR_RETURN(const std::optional<EdgeRow> edge,
                     edges_.Best(holder, object.id));
    if (!edge.has_value() || edge->kind != EdgeKind::kConst) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(std::string name, labels_.Of(*edge));
    if (name != node->label) node->held_as = std::move(name);
    return absl::OkStatus();
  }

  HeapDb& db_;
  const DominatorTreeOptions& options_;
  ObjectLabeler describe_;
  DominatorChildReader dominated_;
  EdgeLabels labels_;
  Edges edges_;
  uint64_t rows_left_;
  uint64_t least_ = 1;
  DominatorTree tree_;
  std::vector<Work> work_;  // as tree_.nodes
  std::priority_queue<Pending> pending_;
};

}  // namespace

absl::StatusOr<DominatorTree> ReadDominatorTree(
    HeapDb* db, const DominatorTreeOptions& options) {
  return Builder(db, options).Build();
}

}  // namespace heapq
