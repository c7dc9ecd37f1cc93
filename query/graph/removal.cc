#include "query/graph/removal.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

class WhatIfSearch {
 public:
  WhatIfSearch(GraphView* graph, const Removal& drop)
      : graph_(*graph), drop_(drop) {}

  absl::StatusOr<RemovalEffect> Run() {
    RETURN_IF_ERROR(Begin());
    if (IsAboutOne()) {
      RETURN_IF_ERROR(TakeSubtree(order_.front()));
    } else {
      RETURN_IF_ERROR(FindAffected());
      RETURN_IF_ERROR(FindStillHeld());
      RETURN_IF_ERROR(Spread());
      TakeLost();
    }
    return Finish();
  }

 private:
  enum State : uint8_t { kDropped, kLost, kHeld };
  struct Affected {
    State state = kLost;
    GraphView::Object object;
  };

  absl::Status Begin() {
    for (const uint32_t id : drop_.objects) {
      RETURN_IF_ERROR(Add(id, kDropped));
    }
    absl::flat_hash_map<uint64_t, uint64_t> dropped;
    for (const References& references : drop_.references) {
      dropped[Key(references.holder, references.held)] += references.count;
    }
    for (const References& references : drop_.references) {
      const uint64_t key = Key(references.holder, references.held);
      ASSIGN_OR_RETURN(const GraphView::Arc arc,
                       graph_.Between(references.holder, references.held));
      if (dropped[key] < arc.count()) continue;
      gone_.insert(key);
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(references.held));
      if (node.parent == references.holder) {
        RETURN_IF_ERROR(Add(references.held, kLost));
      }
    }
    return absl::OkStatus();
  }

  static uint64_t Key(uint32_t from, uint32_t to) {
    return uint64_t{from} << 32 | to;
  }
  bool IsGone(uint32_t from, uint32_t to) const {
    return !gone_.empty() && gone_.count(Key(from, to)) != 0;
  }

  absl::Status Add(uint32_t id, State state) {
    ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
    AddNode(id, node, state);
    return absl::OkStatus();
  }
  void AddNode(uint32_t id, const GraphView::Node& node, State state) {
    if (node.tier == GraphView::kUnreachable) return;
    if (affected_.try_emplace(id, Affected{state, node}).second) {
      order_.push_back(id);
    }
  }

  // One object loses something, and whatever else it is that was dropped can
  // only matter to that one.
  bool IsAboutOne() const {
    if (order_.size() != 1) return false;
    return std::all_of(gone_.begin(), gone_.end(), [this](uint64_t key) {
      return static_cast<uint32_t>(key) == order_.front();
    });
  }

  // The objects that an object dominates go with it, and no others: those have
  // a path that avoids it.
  absl::Status TakeSubtree(uint32_t id) {
    const Affected& top = affected_[id];
    if (top.state == kLost) {
      ASSIGN_OR_RETURN(const bool held, IsHeldFromOutside(id));
      if (held) return absl::OkStatus();
    }
    Take(id, top.object);
    return graph_.Below(
        id, [this](uint32_t below, const GraphView::Object& object) {
          Take(below, object);
        });
  }

  // Whether something that `id` does not dominate still refers to it.
  absl::StatusOr<bool> IsHeldFromOutside(uint32_t id) {
    RETURN_IF_ERROR(graph_.Holders(id, &arcs_));
    absl::flat_hash_set<uint32_t> inside;
    for (const GraphView::Arc& arc : arcs_) {
      if (IsGone(arc.holder, id)) continue;
      if (arc.holder == 0) return true;
      ASSIGN_OR_RETURN(const GraphView::Node holder, graph_.At(arc.holder));
      if (holder.tier == GraphView::kUnreachable) continue;
      for (uint32_t above = arc.holder; above != id;) {
        // Seen before: it leads to `id`, or round in a damaged file.
        if (!inside.insert(above).second) break;
        ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(above));
        if (node.idom == 0) return true;
        above = node.idom;
      }
    }
    return false;
  }

  // Finds the objects below the removed ones on best paths.
  absl::Status FindAffected() {
    for (size_t i = 0; i < order_.size(); ++i) {
      const uint32_t id = order_[i];
      RETURN_IF_ERROR(graph_.Held(id, &held_));
      for (const uint32_t held : held_) {
        if (affected_.count(held) != 0) continue;
        ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(held));
        if (node.parent == id) AddNode(held, node, kLost);
      }
    }
    return absl::OkStatus();
  }

  // Finds those of them that a remaining object refers to as well.
  absl::Status FindStillHeld() {
    for (const uint32_t id : order_) {
      Affected& object = affected_[id];
      if (object.state != kLost) continue;
      RETURN_IF_ERROR(graph_.Holders(id, &arcs_));
      for (const GraphView::Arc& arc : arcs_) {
        if (affected_.count(arc.holder) != 0 || IsGone(arc.holder, id)) {
          continue;
        }
        if (arc.holder != 0) {
          ASSIGN_OR_RETURN(const GraphView::Node holder, graph_.At(arc.holder));
          if (holder.tier == GraphView::kUnreachable) continue;
        }
        object.state = kHeld;
        queue_.push_back(id);
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Spread() {
    for (size_t i = 0; i < queue_.size(); ++i) {
      const uint32_t id = queue_[i];
      RETURN_IF_ERROR(graph_.Held(id, &held_));
      for (const uint32_t held : held_) {
        const auto found = affected_.find(held);
        if (found == affected_.end() || found->second.state != kLost ||
            IsGone(id, held)) {
          continue;
        }
        found->second.state = kHeld;
        queue_.push_back(held);
      }
    }
    return absl::OkStatus();
  }

  void TakeLost() {
    for (const uint32_t id : order_) {
      const Affected& affected = affected_[id];
      if (affected.state != kHeld) Take(id, affected.object);
    }
  }

  void Take(uint32_t id, const GraphView::Object& object) {
    result_.ids.push_back(id);
    result_.size += object.size;
    if (object.ghost) return;
    ++result_.objects;
    const ObjectType type =
        object.class_id == 0 ? object.type : ObjectType::kUnknown;
    RemovalEffect::Sum& sum = sums_[{object.class_id, type}];
    sum.class_id = object.class_id;
    sum.type = type;
    ++sum.objects;
    sum.size += object.size;
  }

  RemovalEffect Finish() {
    std::sort(result_.ids.begin(), result_.ids.end());
    for (const auto& [key, sum] : sums_) result_.sums.push_back(sum);
    return std::move(result_);
  }

  GraphView& graph_;
  const Removal& drop_;
  absl::flat_hash_set<uint64_t> gone_;  // by Key
  absl::flat_hash_map<uint32_t, Affected> affected_;
  std::vector<uint32_t> order_;  // the keys of affected_
  std::vector<uint32_t> queue_;  // what is held, to go on from
  RemovalEffect result_;
  absl::flat_hash_map<std::pair<uint32_t, ObjectType>, RemovalEffect::Sum>
      sums_;

  std::vector<GraphView::Arc> arcs_;  // scratch
  std::vector<uint32_t> held_;
};

}  // namespace

absl::StatusOr<RemovalEffect> FindRemovalEffect(GraphView* graph,
                                                const Removal& drop) {
  return WhatIfSearch(graph, drop).Run();
}

}  // namespace heapq
