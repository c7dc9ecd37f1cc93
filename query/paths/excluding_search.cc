#include "query/paths/excluding_search.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"
#include "query/labels/path_root.h"

namespace heapq {
namespace {

// Holders of one object that are looked at.
constexpr uint64_t kMostHolders = 20000;

// An object that a path may come through, and what follows it there.
struct Candidate {
  int tier = 0;         // of the whole path, at best
  uint64_t length = 0;  // the same
  uint32_t id = 0;
  uint32_t next = 0;  // towards the object asked about; 0: it is that one
  int tier_behind = 0;
  uint64_t behind = 0;  // hops

  bool operator<(const Candidate& other) const {  // the best one is on top
    return std::tie(tier, length, id) >
           std::tie(other.tier, other.length, other.id);
  }
};

bool HasRepeats(const ObjectPath& path) {
  absl::flat_hash_set<uint32_t> seen;
  return std::any_of(path.hops.begin(), path.hops.end(),
                     [&seen](const ObjectPath::Hop& hop) {
                       return !seen.insert(hop.id).second;
                     });
}

}  // namespace

absl::StatusOr<bool> ExcludingSearch::IsClean(const ObjectRow& object) {
  std::vector<uint32_t> walked;
  bool clean = true;
  ObjectRow at = object;
  while (true) {
    const auto known = clean_.find(at.id);
    if (known != clean_.end()) {
      clean = known->second;
      break;
    }
    walked.push_back(at.id);
    ASSIGN_OR_RETURN(bool excluded, exclusion_.OfObject(at));
    if (!excluded && at.parent == 0) {
      ASSIGN_OR_RETURN(const std::optional<RootRow> root, PathRoot(&db_, at));
      clean = !root.has_value() || !exclusion_.OfRoot(*root);
      break;
    }
    if (!excluded) {
      ASSIGN_OR_RETURN(ObjectRow parent, db_.Object(at.parent));
      ASSIGN_OR_RETURN(excluded, exclusion_.OfHop(&edges_, parent, at.id));
      at = std::move(parent);
    }
    if (excluded) {
      clean = false;
      break;
    }
  }
  // What stands before an excluded hop may be clean, and is not asked here.
  for (const uint32_t id : walked) clean_[id] = clean;
  return clean;
}

absl::StatusOr<ExcludingSearch::Result> ExcludingSearch::Find(
    const ObjectRow& object, size_t count, uint64_t most_visited) {
  Result result;
  std::priority_queue<Candidate> queue;
  absl::flat_hash_map<uint32_t, uint32_t> next;  // of objects that were taken
  Candidate first;
  first.tier = object.tier;
  first.length = object.depth;
  first.id = object.id;
  queue.push(first);
  while (!queue.empty() && result.paths.size() < count) {
    const Candidate candidate = queue.top();
    queue.pop();
    if (!next.emplace(candidate.id, candidate.next).second) continue;
    if (next.size() > most_visited) {
      result.whole = false;
      break;
    }
    ASSIGN_OR_RETURN(const ObjectRow at, db_.Object(candidate.id));
    bool clean = false;
    if (candidate.next == 0) {
      // The object itself may be of an excluded class; its holders may not.
      ASSIGN_OR_RETURN(const bool excluded, exclusion_.OfObject(at));
      if (!excluded) {
        ASSIGN_OR_RETURN(clean, IsClean(at));
      }
    } else {
      ASSIGN_OR_RETURN(clean, IsClean(at));
    }
    if (clean) {
      ASSIGN_OR_RETURN(ObjectPath path, paths_.Best(at, /*all_hops=*/true));
      for (uint32_t id = candidate.next; id != 0; id = next[id]) {
        path.hops.push_back({id, 0, false});
      }
      path.length = path.hops.size();
      path.tier = candidate.tier;
      if (!HasRepeats(path)) result.paths.push_back(std::move(path));
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<uint32_t> holders,
                     edges_.Holders(at.id, kMostHolders));
    if (holders.size() == kMostHolders) result.whole = false;
    for (const uint32_t id : holders) {
      if (next.count(id) != 0) continue;
      ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(id));
      if (!holder.reachable) continue;
      ASSIGN_OR_RETURN(bool excluded, exclusion_.OfObject(holder));
      if (excluded) continue;
      ASSIGN_OR_RETURN(excluded, exclusion_.OfHop(&edges_, holder, at.id));
      if (excluded) continue;
      ASSIGN_OR_RETURN(const std::optional<EdgeRow> edge,
                       edges_.Best(holder, at.id));
      Candidate each;
      each.tier_behind = candidate.tier_behind;
      if (edge.has_value()) {
        each.tier_behind =
            std::max(each.tier_behind, EdgeTier(holder, edge->kind, at));
      }
      each.behind = candidate.behind + 1;
      each.tier = std::max(each.tier_behind, int{holder.tier});
      each.length = holder.depth + each.behind;
      each.id = id;
      each.next = at.id;
      queue.push(each);
    }
  }
  return result;
}

}  // namespace heapq
