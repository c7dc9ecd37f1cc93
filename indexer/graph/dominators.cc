#include "indexer/graph/dominators.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "indexer/base/column.h"

namespace heapq {
namespace {

// Position in a depth-first preorder; 0 is the super-root.
using Preorder = uint32_t;

// Returns the objects that the GC marks from the roots, each once, in the order
// of the roots' entries.
std::vector<ObjectId> StrongRootTargets(const Heap& heap) {
  std::vector<bool> seen(size_t{heap.last_id()} + 1);
  std::vector<ObjectId> targets;
  for (const RootEntry& root : heap.roots) {
    if (root.weak || seen[root.dst]) continue;
    seen[root.dst] = true;
    targets.push_back(root.dst);
  }
  return targets;
}

class SemiNca {
 public:
  SemiNca(const Heap& heap, const Cancellation& stop)
      : heap_(heap), stop_(stop) {}

  // False, as from each stage: it was to stop.
  bool Run() {
    return Number() && CollectPredecessors() && FindSemidominators() &&
           FindDominators();
  }

  uint32_t reachable() const {
    return static_cast<uint32_t>(vertex_.size()) - 1;
  }
  ObjectId vertex(Preorder v) const { return vertex_[v]; }
  Preorder idom(Preorder v) const { return idom_[v]; }

 private:
  static constexpr Preorder kNobody = ~Preorder{0};  // of id 0

  // The fields that the search reads of an object, side by side.
  struct Node {
    uint32_t begin;  // of its edges
    ObjectId class_of;
    Preorder number;  // 0: not reached
  };
  // An object that was entered and not left, and its edges that are left.
  struct Step {
    Preorder number;
    ObjectId class_of;  // the last one; 0: none
    uint32_t next;
    uint32_t end;
  };

  // `path` is where its edges are to be walked from; most objects have none.
  void Visit(ObjectId id, Preorder parent, Column<Step>* path) {
    Node& node = nodes_[id];
    node.number = static_cast<Preorder>(vertex_.size());
    vertex_.push_back(id);
    parent_.push_back(parent);
    const uint32_t end = nodes_[id + 1].begin;
    if (node.begin == end && nodes_[node.class_of].number != 0) return;
    __builtin_prefetch(heap_.edges.dst.data() + node.begin);
    path->push_back({node.number, node.class_of, node.begin, end});
  }

  bool Number() {
    roots_ = StrongRootTargets(heap_);
    const size_t size = size_t{heap_.last_id()} + 1;
    nodes_.resize(size + 1);
    for (size_t id = 0; id < size; ++id) {
      nodes_[id] = {heap_.edges.begin[id], heap_.class_of[id], 0};
    }
    nodes_[0].number = kNobody;
    nodes_[size].begin = heap_.edges.begin[size];
    vertex_.reserve(size);
    parent_.reserve(size);
    vertex_.push_back(0);
    parent_.push_back(0);
    const ObjectId* const targets = heap_.edges.dst.data();
    Column<Step> path;  // may be as long as the heap is large
    uint32_t steps = 0;
    for (const ObjectId root : roots_) {
      if (nodes_[root].number != 0) continue;
      Visit(root, 0, &path);
      while (!path.empty()) {
        if (stop_.RequestedAt(++steps)) return false;
        Step& step = path.back();
        ObjectId next = step.class_of;
        const Preorder number = step.number;
        if (step.next < step.end) {
          next = targets[step.next++];
          if (step.end - step.next > 1) {
            __builtin_prefetch(&nodes_[targets[step.next + 1]]);
          }
        } else {
          path.pop_back();
        }
        if (nodes_[next].number == 0) Visit(next, number, &path);
      }
    }
    return true;
  }

  // Fetches what a walk in preorder will ask for soon.
  void PrefetchNear(Preorder v) const {
    constexpr Preorder kNode = 24;
    constexpr Preorder kRow = 12;
    constexpr Preorder kTargets = 5;
    constexpr uint32_t kMaxTargets = 8;
    const size_t count = vertex_.size();
    if (v + kNode < count) {
      __builtin_prefetch(&nodes_[vertex_[v + kNode]]);
    }
    if (v + kRow < count) {
      __builtin_prefetch(heap_.edges.dst.data() +
                         nodes_[vertex_[v + kRow]].begin);
    }
    if (v + kTargets < count) {
      const ObjectId id = vertex_[v + kTargets];
      const uint32_t begin = nodes_[id].begin;
      const uint32_t end = std::min(nodes_[id + 1].begin, begin + kMaxTargets);
      for (uint32_t e = begin; e < end; ++e) {
        __builtin_prefetch(&nodes_[heap_.edges.dst[e]]);
      }
    }
  }

  // Compressed rows of predecessors, by preorder number. The edges are walked
  // once, which reads memory at random; the sort goes by what was found.
  bool CollectPredecessors() {
    const size_t count = vertex_.size();
    pred_begin_.resize(count + 1);
    Column<Preorder> targets;  // of all edges, by holder
    targets.reserve(heap_.edges.count + count);
    Column<uint32_t> end;  // of each holder's targets
    end.resize_for_overwrite(count);
    end[0] = 0;
    std::vector<Preorder> root_numbers;
    for (const ObjectId root : roots_) {
      root_numbers.push_back(nodes_[root].number);
      ++pred_begin_[root_numbers.back()];
    }
    for (Preorder v = 1; v < count; ++v) {
      if (stop_.RequestedAt(v)) return false;
      PrefetchNear(v);
      const auto see = [&](ObjectId dst) {
        const Preorder to = nodes_[dst].number;
        targets.push_back(to);
        ++pred_begin_[to];
      };
      const Node& node = nodes_[vertex_[v]];
      const uint32_t row_end = nodes_[vertex_[v] + 1].begin;
      for (uint32_t edge = node.begin; edge < row_end; ++edge) {
        see(heap_.edges.dst[edge]);
      }
      if (node.class_of != 0) see(node.class_of);
      end[v] = static_cast<uint32_t>(targets.size());
    }
    nodes_.reset();
    uint32_t sum = 0;
    for (size_t v = 0; v <= count; ++v) {
      sum += std::exchange(pred_begin_[v], sum);
    }
    preds_.resize_for_overwrite(sum);
    for (const Preorder root : root_numbers) preds_[pred_begin_[root]++] = 0;
    constexpr uint32_t kAhead = 16;
    uint32_t e = 0;
    for (Preorder v = 1; v < count; ++v) {
      if (stop_.RequestedAt(v)) return false;
      for (; e < end[v]; ++e) {
        if (e + kAhead < targets.size()) {
          __builtin_prefetch(&pred_begin_[targets[e + kAhead]], 1);
        }
        preds_[pred_begin_[targets[e]]++] = v;
      }
    }
    for (size_t v = count; v > 0; --v) pred_begin_[v] = pred_begin_[v - 1];
    pred_begin_[0] = 0;
    return true;
  }

  // The forest of what was linked so far: `least` is the smallest
  // semidominator on the path up to, but not including, `ancestor`.
  struct Link {
    Preorder ancestor;
    Preorder least;
  };

  // The smallest semidominator on the path from `v` up to, but not including,
  // the first ancestor below `linked`; compresses that path.
  Preorder Eval(Preorder v, Preorder linked) {
    if (links_[v].ancestor < linked) return links_[v].least;
    path_.clear();
    Preorder top = v;
    do {
      path_.push_back(top);
      top = links_[top].ancestor;
    } while (links_[top].ancestor >= linked);
    const Preorder ancestor = links_[top].ancestor;
    Preorder least = links_[top].least;
    while (!path_.empty()) {
      Link& link = links_[path_.back()];
      path_.pop_back();
      link.ancestor = ancestor;
      least = link.least = std::min(least, link.least);
    }
    return least;
  }

  bool FindSemidominators() {
    const size_t count = vertex_.size();
    constexpr Preorder kAhead = 8;
    constexpr uint32_t kMaxPredecessors = 8;
    links_.resize_for_overwrite(count);
    semi_.resize_for_overwrite(count);
    for (Preorder v = 0; v < count; ++v) links_[v] = {parent_[v], v};
    for (auto w = static_cast<Preorder>(count - 1); w > 0; --w) {
      if (stop_.RequestedAt(w)) return false;
      if (w > kAhead) {
        const uint32_t begin = pred_begin_[w - kAhead];
        const uint32_t end =
            std::min(pred_begin_[w - kAhead + 1], begin + kMaxPredecessors);
        for (uint32_t e = begin; e < end; ++e) {
          __builtin_prefetch(&links_[preds_[e]]);
        }
      }
      Preorder semi = parent_[w];
      // Below the super-root there is nothing: most classes are done at once.
      for (uint32_t e = pred_begin_[w]; e < pred_begin_[w + 1] && semi != 0;
           ++e) {
        const Preorder from = preds_[e];
        semi = std::min(semi, from <= w ? from : Eval(from, w + 1));
      }
      semi_[w] = links_[w].least = semi;
    }
    links_.reset();
    preds_.reset();
    pred_begin_.reset();
    return true;
  }

  // The dominator is the nearest ancestor not below the semidominator.
  bool FindDominators() {
    idom_ = std::move(parent_);
    for (Preorder v = 1; v < idom_.size(); ++v) {
      if (stop_.RequestedAt(v)) return false;
      Preorder d = idom_[v];
      while (d > semi_[v]) d = idom_[d];
      idom_[v] = d;
    }
    semi_.reset();
    return true;
  }

  const Heap& heap_;
  const Cancellation& stop_;
  std::vector<ObjectId> roots_;
  Column<Node> nodes_;       // by id
  Column<ObjectId> vertex_;  // by preorder, as all below
  Column<Preorder> parent_;
  Column<Link> links_;
  Column<Preorder> semi_;
  Column<Preorder> idom_;
  Column<uint32_t> pred_begin_;
  Column<Preorder> preds_;
  std::vector<Preorder> path_;  // scratch of Eval
};

}  // namespace

bool ComputeDominators(const Heap& heap, const Cancellation& stop,
                       Analysis* analysis) {
  SemiNca dominators(heap, stop);
  if (!dominators.Run()) return false;
  const size_t size = size_t{heap.last_id()} + 1;
  analysis->reachable_count = 0;
  // A dominator's preorder number is below those that it dominates.
  Column<uint64_t> retained(size_t{dominators.reachable()} + 1);
  for (Preorder v = dominators.reachable(); v > 0; --v) {
    if (stop.RequestedAt(v)) return false;
    retained[v] += heap.size[dominators.vertex(v)];
    retained[dominators.idom(v)] += retained[v];
  }
  analysis->idom.resize(size);
  analysis->retained.resize(size);
  analysis->retained[0] = retained[0];
  for (Preorder v = 1; v <= dominators.reachable(); ++v) {
    if (stop.RequestedAt(v)) return false;
    const ObjectId id = dominators.vertex(v);
    analysis->idom[id] = dominators.vertex(dominators.idom(v));
    analysis->retained[id] = retained[v];
    if (id <= heap.object_count) ++analysis->reachable_count;
  }
  analysis->reachable_size = analysis->retained[0];
  return true;
}

}  // namespace heapq
