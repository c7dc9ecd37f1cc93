#include "indexer/graph/dominators.h"

#include <utility>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/graph/successors.h"

namespace heapq {
namespace {

// Position in a depth-first preorder; 0 is the super-root.
using Preorder = uint32_t;

class SemiNca {
 public:
  explicit SemiNca(const Heap& heap) : heap_(heap), successors_(heap) {}

  void Run() {
    Number();
    CollectPredecessors();
    FindSemidominators();
    FindDominators();
  }

  uint32_t reachable() const {
    return static_cast<uint32_t>(vertex_.size()) - 1;
  }
  ObjectId vertex(Preorder v) const { return vertex_[v]; }
  Preorder idom(Preorder v) const { return idom_[v]; }

 private:
  void Visit(ObjectId id, Preorder parent) {
    number_[id] = static_cast<Preorder>(vertex_.size());
    vertex_.push_back(id);
    parent_.push_back(parent);
  }

  void Number() {
    roots_ = StrongRootTargets(heap_);
    number_.resize(size_t{heap_.last_id()} + 1);
    vertex_.push_back(0);
    parent_.push_back(0);
    std::vector<std::pair<ObjectId, uint32_t>> path;  // with cursors
    for (const ObjectId root : roots_) {
      if (number_[root] != 0) continue;
      Visit(root, 0);
      path.emplace_back(root, successors_.Begin(root));
      while (!path.empty()) {
        const ObjectId id = path.back().first;
        ObjectId next = 0;
        if (!successors_.Next(id, &path.back().second, &next)) {
          path.pop_back();
        } else if (number_[next] == 0) {
          Visit(next, number_[id]);
          path.emplace_back(next, successors_.Begin(next));
        }
      }
    }
  }

  // Compressed rows of predecessors, by preorder number.
  void CollectPredecessors() {
    const size_t count = vertex_.size();
    pred_begin_.resize(count + 1);
    const auto each_edge = [&](auto&& take) {
      for (const ObjectId root : roots_) take(0, number_[root]);
      for (Preorder v = 1; v < count; ++v) {
        successors_.ForEach(vertex_[v],
                            [&](ObjectId dst) { take(v, number_[dst]); });
      }
    };
    each_edge([this](Preorder, Preorder to) { ++pred_begin_[to]; });
    uint32_t sum = 0;
    for (size_t v = 0; v <= count; ++v) {
      sum += std::exchange(pred_begin_[v], sum);
    }
    preds_.resize(sum);
    each_edge([this](Preorder from, Preorder to) {
      preds_[pred_begin_[to]++] = from;
    });
    for (size_t v = count; v > 0; --v) pred_begin_[v] = pred_begin_[v - 1];
    pred_begin_[0] = 0;
    number_.reset();
  }

  // The vertex of least semidominator on the path from `v` up to, but not
  // including, the first ancestor below `linked`; compresses that path.
  Preorder Eval(Preorder v, Preorder linked) {
    if (ancestor_[v] < linked) return label_[v];
    path_.clear();
    do {
      path_.push_back(v);
      v = ancestor_[v];
    } while (ancestor_[v] >= linked);
    Preorder top = v;
    Preorder best = label_[top];
    while (!path_.empty()) {
      v = path_.back();
      path_.pop_back();
      ancestor_[v] = ancestor_[top];
      if (semi_[best] < semi_[label_[v]]) {
        label_[v] = best;
      } else {
        best = label_[v];
      }
      top = v;
    }
    return label_[v];
  }

  void FindSemidominators() {
    const size_t count = vertex_.size();
    ancestor_.resize(count);
    semi_.resize(count);
    label_.resize(count);
    for (Preorder v = 0; v < count; ++v) {
      ancestor_[v] = parent_[v];
      semi_[v] = label_[v] = v;
    }
    for (auto w = static_cast<Preorder>(count - 1); w > 0; --w) {
      Preorder semi = parent_[w];
      for (uint32_t e = pred_begin_[w]; e < pred_begin_[w + 1]; ++e) {
        const Preorder candidate = semi_[Eval(preds_[e], w + 1)];
        if (candidate < semi) semi = candidate;
      }
      semi_[w] = semi;
    }
    ancestor_.reset();
    label_.reset();
    preds_.reset();
    pred_begin_.reset();
  }

  // The dominator is the nearest ancestor not below the semidominator.
  void FindDominators() {
    idom_ = std::move(parent_);
    for (Preorder v = 1; v < idom_.size(); ++v) {
      Preorder d = idom_[v];
      while (d > semi_[v]) d = idom_[d];
      idom_[v] = d;
    }
    semi_.reset();
  }

  const Heap& heap_;
  const Successors successors_;
  std::vector<ObjectId> roots_;
  Column<Preorder> number_;  // by id; 0: not reached
  Column<ObjectId> vertex_;  // by preorder, as all below
  Column<Preorder> parent_;
  Column<Preorder> ancestor_;
  Column<Preorder> semi_;
  Column<Preorder> label_;
  Column<Preorder> idom_;
  Column<uint32_t> pred_begin_;
  Column<Preorder> preds_;
  std::vector<Preorder> path_;  // scratch of Eval
};

}  // namespace

void ComputeDominators(const Heap& heap, Analysis* analysis) {
  SemiNca dominators(heap);
  dominators.Run();
  const size_t size = size_t{heap.last_id()} + 1;
  analysis->idom.resize(size);
  analysis->retained.resize(size);
  analysis->reachable_count = 0;
  // A dominator's preorder number is below those that it dominates.
  for (Preorder v = dominators.reachable(); v > 0; --v) {
    const ObjectId id = dominators.vertex(v);
    const ObjectId idom = dominators.vertex(dominators.idom(v));
    analysis->idom[id] = idom;
    analysis->retained[id] += heap.size[id];
    analysis->retained[idom] += analysis->retained[id];
    if (id <= heap.object_count) ++analysis->reachable_count;
  }
  analysis->reachable_size = analysis->retained[0];
}

}  // namespace heapq
