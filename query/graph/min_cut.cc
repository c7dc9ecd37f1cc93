#include "query/graph/min_cut.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/path_policy.h"

namespace heapq {
namespace {

constexpr int64_t kUnlimited = int64_t{1} << 40;

uint64_t Key(uint32_t from, uint32_t to) { return uint64_t{from} << 32 | to; }

int64_t CapacityOf(const GraphView::Arc& arc) {
  return arc.fixed > 0 ? kUnlimited : int64_t{arc.cuttable};
}

class CutSearch {
 public:
  CutSearch(GraphView* graph, uint32_t target, const CutOptions& options)
      : graph_(*graph), target_(target), options_(options) {}

  absl::StatusOr<Cut> Run() {
    ASSIGN_OR_RETURN(bool found, FindFixedPath());
    if (found) return End(Cut::kFixed);
    if (gave_up_) return End(Cut::kGaveUp);
    int64_t flow = 0;
    while (true) {
      if (flow > int64_t{options_.most_references}) return End(Cut::kTooMany);
      ASSIGN_OR_RETURN(found, FindPathWithRoom());
      if (!found) break;
      ASSIGN_OR_RETURN(const int64_t more, Push());
      flow += more;
    }
    if (gave_up_) return End(Cut::kGaveUp);
    path_.clear();
    // Saturated references that lead into the searched part from outside.
    for (const References& full : full_) {
      if (towards_.count(full.holder) == 0) cut_.references.push_back(full);
    }
    std::sort(cut_.references.begin(), cut_.references.end(),
              [](const References& a, const References& b) {
                return std::tie(a.held, a.holder) < std::tie(b.held, b.holder);
              });
    return End(Cut::kFound);
  }

 private:
  struct Flow {
    int64_t amount = 0;
    int64_t capacity = 0;
  };

  Cut End(Cut::Outcome outcome) {
    cut_.outcome = outcome;
    if (outcome == Cut::kFixed)
      cut_.path.assign(path_.begin() + 1, path_.end());
    return std::move(cut_);
  }

  int64_t FlowOn(uint32_t from, uint32_t to) const {
    const auto found = flow_.find(Key(from, to));
    return found == flow_.end() ? 0 : found->second.amount;
  }

  // Objects that no path without passing references leads to don't count.
  absl::StatusOr<bool> Counts(uint32_t id) {
    if (id == 0) return true;
    ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
    return node.tier < kCache;
  }

  void Restart() {
    towards_.clear();
    queue_.clear();
    full_.clear();
    has_room_.clear();
    towards_.emplace(target_, 0);
    queue_.push_back(target_);
  }
  bool Visit(uint32_t id, uint32_t next) {
    if (!towards_.emplace(id, next).second) return false;
    queue_.push_back(id);
    return true;
  }
  // From `begin`, which was visited, to the target.
  void Follow(uint32_t begin) {
    for (uint32_t id = begin; id != target_; id = towards_[id]) {
      path_.push_back(id);
    }
    path_.push_back(target_);
  }

  absl::StatusOr<bool> FindFixedPath() {
    Restart();
    for (size_t i = 0; i < queue_.size(); ++i) {
      if (queue_.size() > options_.most_visited) {
        gave_up_ = true;
        return false;
      }
      RETURN_IF_ERROR(graph_.Holders(queue_[i], &arcs_));
      for (const GraphView::Arc& arc : arcs_) {
        if (arc.fixed == 0) continue;
        ASSIGN_OR_RETURN(const bool counts, Counts(arc.holder));
        if (!counts || !Visit(arc.holder, queue_[i]) || arc.holder != 0) {
          continue;
        }
        Follow(0);
        return true;
      }
    }
    return false;
  }

  absl::StatusOr<bool> FindPathWithRoom() {
    Restart();
    ASSIGN_OR_RETURN(bool room, BestPathHasRoom(target_));
    if (room) return TakeBestPath(target_);
    for (size_t i = 0; i < queue_.size(); ++i) {
      if (queue_.size() > options_.most_visited) {
        gave_up_ = true;
        return false;
      }
      const uint32_t id = queue_[i];
      RETURN_IF_ERROR(graph_.Holders(id, &arcs_));
      for (const GraphView::Arc& arc : arcs_) {
        const int64_t capacity = CapacityOf(arc);
        if (capacity == 0 || towards_.count(arc.holder) != 0) continue;
        ASSIGN_OR_RETURN(const bool counts, Counts(arc.holder));
        if (!counts) continue;
        if (FlowOn(arc.holder, id) >= capacity) {
          full_.push_back({arc.holder, id, static_cast<uint32_t>(capacity)});
          continue;
        }
        ASSIGN_OR_RETURN(room, Reach(arc.holder, id));
        if (room) return true;
      }
      // Flow out of `id` may be taken back.
      const auto out = flow_out_.find(id);
      if (out == flow_out_.end()) continue;
      for (const uint32_t to : out->second) {
        if (FlowOn(id, to) == 0) continue;
        ASSIGN_OR_RETURN(room, Reach(to, id));
        if (room) return true;
      }
    }
    return false;
  }

  absl::StatusOr<bool> Reach(uint32_t id, uint32_t next) {
    if (!Visit(id, next)) return false;
    if (id == 0) {
      path_.clear();
      Follow(0);
      return true;
    }
    ASSIGN_OR_RETURN(const bool room, BestPathHasRoom(id));
    if (!room) return false;
    return TakeBestPath(id);
  }

  // Whether each reference of the best path to `id` can take more.
  absl::StatusOr<bool> BestPathHasRoom(uint32_t id) {
    walked_.clear();
    bool room = true;
    while (id != 0) {
      const auto known = has_room_.find(id);
      if (known != has_room_.end()) {
        room = known->second;
        break;
      }
      walked_.push_back(id);
      has_room_.emplace(id, false);  // should a damaged file lead in a ring
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
      const auto flow = flow_.find(Key(node.parent, id));
      if (node.tier >= kCache ||
          (flow != flow_.end() &&
           flow->second.amount >= flow->second.capacity)) {
        room = false;
        break;
      }
      id = node.parent;
    }
    for (const uint32_t walked : walked_) has_room_[walked] = room;
    return room;
  }

  absl::StatusOr<bool> TakeBestPath(uint32_t id) {
    path_.clear();
    for (uint32_t at = id; at != 0;) {
      ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(at));
      at = node.parent;
      path_.push_back(at);
    }
    std::reverse(path_.begin(), path_.end());
    Follow(id);
    return true;
  }

  // Sends as much as path_ takes; at least 1.
  absl::StatusOr<int64_t> Push() {
    int64_t amount = kUnlimited;
    for (size_t i = 1; i < path_.size(); ++i) {
      const uint32_t from = path_[i - 1];
      const uint32_t to = path_[i];
      const auto [flow, is_new] = flow_.try_emplace(Key(from, to));
      if (is_new) {
        ASSIGN_OR_RETURN(const GraphView::Arc arc, graph_.Between(from, to));
        flow->second.capacity = CapacityOf(arc);
        flow_out_[from].push_back(to);
      }
      amount = std::min(amount, flow->second.capacity - flow->second.amount +
                                    FlowOn(to, from));
    }
    for (size_t i = 1; i < path_.size(); ++i) {
      Flow& there = flow_[Key(path_[i - 1], path_[i])];
      const auto back = flow_.find(Key(path_[i], path_[i - 1]));
      int64_t rest = amount;
      if (back != flow_.end()) {
        const int64_t taken_back = std::min(rest, back->second.amount);
        back->second.amount -= taken_back;
        rest -= taken_back;
      }
      there.amount += rest;
    }
    return amount;
  }

  GraphView& graph_;
  const uint32_t target_;
  const CutOptions options_;
  Cut cut_;
  bool gave_up_ = false;

  absl::flat_hash_map<uint64_t, Flow> flow_;  // by Key
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> flow_out_;

  // One search, backwards from the target.
  absl::flat_hash_map<uint32_t, uint32_t> towards_;  // the next one on the way
  std::vector<uint32_t> queue_;
  std::vector<References> full_;                  // met where nothing more fits
  absl::flat_hash_map<uint32_t, bool> has_room_;  // see BestPathHasRoom
  std::vector<uint32_t> path_;                    // the roots (0) to the target

  std::vector<GraphView::Arc> arcs_;  // scratch
  std::vector<uint32_t> walked_;
};

}  // namespace

absl::StatusOr<Cut> FindCut(GraphView* graph, uint32_t target,
                            const CutOptions& options) {
  return CutSearch(graph, target, options).Run();
}

}  // namespace heapq
