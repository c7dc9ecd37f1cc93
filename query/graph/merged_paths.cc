#include "query/graph/merged_paths.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Values by object, in blocks that are made as their objects are met: a heap's
// ids are dense, and so are those of a common class.
template <typename Value>
class ByObject {
 public:
  Value& operator[](uint32_t id) {
    const size_t block = id / kObjects;
    if (block >= blocks_.size()) blocks_.resize(block + 1);
    if (blocks_[block] == nullptr) {
      blocks_[block] = std::make_unique<std::array<Value, kObjects>>();
    }
    return (*blocks_[block])[id % kObjects];
  }

 private:
  static constexpr size_t kObjects = 256;

  std::vector<std::unique_ptr<std::array<Value, kObjects>>> blocks_;
};

class Merger {
 public:
  using Alike =
      absl::FunctionRef<absl::StatusOr<HopSignature>(uint32_t, uint32_t)>;

  Merger(GraphView* graph, Alike alike, const MergeOptions& options)
      : graph_(*graph), alike_(alike), options_(options) {}

  absl::StatusOr<MergedPaths> Run(const std::vector<uint32_t>& targets) {
    RETURN_IF_ERROR(Read(targets));
    SumUp();
    RETURN_IF_ERROR(Merge());
    return std::move(result_);
  }

 private:
  // Whether a target dominates an object.
  enum class Below : uint8_t { kUnknown, kNo, kYes };
  // An object on some target's path.
  struct Hop {
    uint32_t parent = 0;
    uint32_t waiting = 0;  // children that are not summed up yet
    bool is_target = false;
    bool read = false;  // its path is in hops_ as well
    Below below = Below::kUnknown;
    uint64_t targets = 0;
    uint64_t size = 0;
    uint64_t retained = 0;
    uint32_t first_child = 0;
    uint32_t next_sibling = 0;
  };
  struct Group {
    uint32_t depth = 0;
    std::vector<uint32_t> ids;  // ascending
    uint64_t targets = 0;
    uint64_t label = 0;  // of the first one
    bool one_label = true;
  };

  absl::Status Read(const std::vector<uint32_t>& targets) {
    for (const uint32_t target : targets) {
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(target));
      if (node.tier == GraphView::kUnreachable) {
        ++result_.unreachable;
        continue;
      }
      ++result_.targets;
      Hop& hop = hops_[target];
      hop.is_target = true;
      hop.targets = 1;
      hop.size = node.size;
      hop.retained = node.retained;
      result_.size += node.size;
    }
    for (const uint32_t target : targets) {
      RETURN_IF_ERROR(ReadPath(target));
      RETURN_IF_ERROR(LookForDominator(target));
    }
    return absl::OkStatus();
  }

  absl::Status ReadPath(uint32_t target) {
    if (!hops_[target].is_target) return absl::OkStatus();
    for (uint32_t id = target; id != 0;) {
      Hop& hop = hops_[id];
      if (hop.read) return absl::OkStatus();
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
      hop.read = true;
      hop.parent = node.parent;
      order_.push_back(id);
      id = node.parent;
    }
    return absl::OkStatus();
  }

  // Leaves the retained size of what another target dominates to that one.
  absl::Status LookForDominator(uint32_t target) {
    if (!hops_[target].is_target) return absl::OkStatus();
    std::vector<uint32_t> walked;
    Below below = Below::kNo;
    uint32_t id = target;
    while (id != 0) {
      Hop& hop = hops_[id];
      if (hop.below != Below::kUnknown) {
        below = hop.below;
        break;
      }
      walked.push_back(id);
      hop.below = Below::kNo;  // should a damaged file have a ring
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
      id = node.idom;
      if (id != 0 && hops_[id].is_target) {
        below = Below::kYes;
        break;
      }
    }
    for (const uint32_t at : walked) hops_[at].below = below;
    Hop& found = hops_[target];
    if (below == Below::kYes) {
      found.retained = 0;
    } else {
      result_.retained += found.retained;
    }
    return absl::OkStatus();
  }

  // Children before parents, without recursion: count what is still to come.
  void SumUp() {
    std::sort(order_.begin(), order_.end(), std::greater<uint32_t>());
    for (const uint32_t id : order_) {
      const uint32_t parent = hops_[id].parent;
      if (parent != 0) ++hops_[parent].waiting;
    }
    for (const uint32_t id : order_) {  // descending: children end ascending
      Hop& hop = hops_[id];
      uint32_t& first =
          hop.parent == 0 ? first_root_ : hops_[hop.parent].first_child;
      hop.next_sibling = first;
      first = id;
    }
    for (const uint32_t leaf : order_) {
      if (hops_[leaf].first_child != 0) continue;
      uint32_t id = leaf;
      while (true) {
        const Hop& hop = hops_[id];
        if (hop.parent == 0) break;
        Hop& parent = hops_[hop.parent];
        parent.targets += hop.targets;
        parent.size += hop.size;
        parent.retained += hop.retained;
        id = hop.parent;
        if (--parent.waiting != 0) break;
      }
    }
  }

  absl::Status Merge() {
    std::vector<Group> stack;
    Group roots;
    roots.ids.push_back(0);
    RETURN_IF_ERROR(Expand(roots, &stack, &result_.left_out));
    while (!stack.empty()) {
      const Group group = std::move(stack.back());
      stack.pop_back();
      MergedHop merged;
      merged.depth = group.depth;
      merged.sample = group.ids.front();
      merged.holder = hops_[merged.sample].parent;
      merged.objects = group.ids.size();
      merged.one_label = group.one_label;
      for (const uint32_t id : group.ids) {
        const Hop& hop = hops_[id];
        if (hop.is_target) ++merged.ending;
        merged.targets += hop.targets;
        merged.size += hop.size;
        merged.retained += hop.retained;
      }
      RETURN_IF_ERROR(Expand(group, &stack, &merged.left_out));
      result_.hops.push_back(merged);
    }
    return absl::OkStatus();
  }

  // Puts the groups below `group` on the stack, the first one on top.
  absl::Status Expand(const Group& group, std::vector<Group>* stack,
                      uint64_t* left_out) {
    std::map<uint64_t, Group> by_look;
    for (const uint32_t holder : group.ids) {
      uint32_t id = holder == 0 ? first_root_ : hops_[holder].first_child;
      for (; id != 0; id = hops_[id].next_sibling) {
        ASSIGN_OR_RETURN(const HopSignature hop, alike_(holder, id));
        Group& child = by_look[hop.look];
        child.depth = group.depth + 1;
        if (child.ids.empty()) child.label = hop.label;
        child.one_label = child.one_label && child.label == hop.label;
        child.ids.push_back(id);
        child.targets += hops_[id].targets;
      }
    }
    std::vector<Group> children;
    for (auto& [look, child] : by_look) {
      std::sort(child.ids.begin(), child.ids.end());
      children.push_back(std::move(child));
    }
    std::sort(children.begin(), children.end(),
              [](const Group& a, const Group& b) {
                return a.targets != b.targets ? a.targets > b.targets
                                              : a.ids.front() < b.ids.front();
              });
    size_t kept = 0;
    if (group.depth < options_.most_depth) {
      // Where every root holds little, the largest still say what it is.
      const size_t least = group.depth == 0 ? options_.least_roots : 0;
      while (
          kept < children.size() && kept < options_.most_children &&
          (kept < least || children[kept].targets >= options_.least_targets)) {
        ++kept;
      }
    }
    *left_out = children.size() - kept;
    for (size_t i = kept; i > 0; --i) {
      stack->push_back(std::move(children[i - 1]));
    }
    return absl::OkStatus();
  }

  GraphView& graph_;
  const Alike alike_;
  const MergeOptions options_;
  MergedPaths result_;
  ByObject<Hop> hops_;
  std::vector<uint32_t> order_;  // the objects on paths
  uint32_t first_root_ = 0;
};

}  // namespace

absl::StatusOr<MergedPaths> MergePaths(
    GraphView* graph, const std::vector<uint32_t>& targets,
    absl::FunctionRef<absl::StatusOr<HopSignature>(uint32_t, uint32_t)> alike,
    const MergeOptions& options) {
  return Merger(graph, alike, options).Run(targets);
}

}  // namespace heapq
