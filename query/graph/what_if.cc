#include "query/graph/what_if.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

class WhatIfSearch {
 public:
  WhatIfSearch(GraphView* graph, const Drop& drop)
      : graph_(*graph), drop_(drop) {}

  absl::StatusOr<WhatIf> Run() {
    RETURN_IF_ERROR(Begin());
    RETURN_IF_ERROR(FindAffected());
    RETURN_IF_ERROR(FindStillHeld());
    RETURN_IF_ERROR(Spread());
    return Sum();
  }

 private:
  enum State : uint8_t { kDropped, kLost, kHeld };
  struct Affected {
    State state = kLost;
    bool ghost = false;
    uint64_t size = 0;
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
    if (affected_.try_emplace(id, Affected{state, node.ghost, node.size})
            .second) {
      order_.push_back(id);
    }
  }

  // What comes below the dropped on best paths.
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

  // Of these, what something that stays refers to as well.
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

  WhatIf Sum() {
    WhatIf result;
    for (const uint32_t id : order_) {
      const Affected& object = affected_[id];
      if (object.state == kHeld) continue;
      result.ids.push_back(id);
      if (!object.ghost) ++result.objects;
      result.size += object.size;
    }
    std::sort(result.ids.begin(), result.ids.end());
    return result;
  }

  GraphView& graph_;
  const Drop& drop_;
  absl::flat_hash_set<uint64_t> gone_;  // by Key
  absl::flat_hash_map<uint32_t, Affected> affected_;
  std::vector<uint32_t> order_;  // the keys of affected_
  std::vector<uint32_t> queue_;  // what is held, to go on from

  std::vector<GraphView::Arc> arcs_;  // scratch
  std::vector<uint32_t> held_;
};

}  // namespace

absl::StatusOr<WhatIf> FindWhatIf(GraphView* graph, const Drop& drop) {
  return WhatIfSearch(graph, drop).Run();
}

}  // namespace heapq
