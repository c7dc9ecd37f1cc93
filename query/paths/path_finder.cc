#include "query/paths/path_finder.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/path_policy.h"

namespace heapq {
namespace {

// Holders of one object that are looked at for other paths: the first ones
// are read, the best of them tried.
constexpr int64_t kHoldersRead = 5000;
constexpr int64_t kHoldersTried = 50;
// Limits a search at one object; a symbol may have a million holders.
constexpr uint64_t kHoldersSearched = 200000;
// Nothing lists the instances of a class: each time all objects are read.
constexpr int kClassesSearched = 20;

// (from, to); from 0 is a root.
using HopSet = std::set<std::pair<uint32_t, uint32_t>>;

HopSet HopsOf(const ObjectPath& trail) {
  HopSet hops;
  for (size_t i = 0; i < trail.hops.size(); ++i) {
    if (trail.hops[i].gap_before != 0) continue;
    hops.emplace(i == 0 ? 0 : trail.hops[i - 1].id, trail.hops[i].id);
  }
  return hops;
}

size_t Differences(const HopSet& a, const HopSet& b) {
  size_t common = 0;
  for (const auto& hop : a) common += b.count(hop);
  return a.size() + b.size() - 2 * common;
}

void Append(ObjectPath* trail, uint32_t id, uint64_t gap_before) {
  trail->hops.push_back({id, gap_before, false});
}

}  // namespace

// A path that leaves the best one at its hop `at`.
struct PathFinder::Branch {
  size_t at = 0;
  uint32_t holder = 0;  // 0: a root
  int tier = 0;
  uint64_t length = 0;
};

absl::Status PathFinder::Damaged(uint32_t id) const {
  return absl::DataLossError(absl::StrCat(db_.path(), ": the path to object #",
                                          id,
                                          " is broken; load the dump again"));
}

absl::StatusOr<ObjectRow> PathFinder::Parent(const ObjectRow& object) {
  ASSIGN_OR_RETURN(ObjectRow parent, db_.Object(object.parent));
  if (!parent.reachable || parent.depth + 1 != object.depth) {
    return Damaged(object.id);
  }
  return parent;
}

absl::StatusOr<ObjectRow> PathFinder::Ancestor(ObjectRow object,
                                               uint32_t depth) {
  while (object.depth > depth) {
    if (object.jump != 0) {
      ASSIGN_OR_RETURN(ObjectRow jump, db_.Object(object.jump));
      if (!jump.reachable || jump.depth >= object.depth) {
        return Damaged(object.id);
      }
      if (jump.depth >= depth) {
        object = std::move(jump);
        continue;
      }
    }
    ASSIGN_OR_RETURN(object, Parent(object));
  }
  return object;
}

absl::StatusOr<ObjectPath> PathFinder::Best(const ObjectRow& object,
                                            bool all_hops) {
  if (!object.reachable || object.depth == 0) return Damaged(object.id);
  ObjectPath trail;
  trail.length = object.depth;
  trail.tier = object.tier;
  const bool whole = all_hops || object.depth <= 2 * kEnds + 1;
  const uint32_t tail_begin = whole ? 1 : object.depth - kEnds + 1;
  ObjectRow at = object;
  Append(&trail, at.id, 0);
  while (at.depth > tail_begin) {
    ASSIGN_OR_RETURN(at, Parent(at));
    Append(&trail, at.id, 0);
  }
  if (!whole) {
    trail.hops.back().gap_before = object.depth - 2 * uint64_t{kEnds};
    ASSIGN_OR_RETURN(at, Ancestor(at, kEnds));
    Append(&trail, at.id, 0);
    while (at.depth > 1) {
      ASSIGN_OR_RETURN(at, Parent(at));
      Append(&trail, at.id, 0);
    }
  }
  if (at.parent != 0) return Damaged(at.id);
  std::reverse(trail.hops.begin(), trail.hops.end());
  return trail;
}

absl::StatusOr<std::vector<PathFinder::Branch>> PathFinder::Branches(
    const ObjectPath& best) {
  std::vector<Branch> branches;
  uint64_t behind = 0;  // hops from this one's on to the end
  for (size_t at = best.hops.size(); at-- > 0;) {
    ++behind;
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(best.hops[at].id));
    if (at > 0) {
      ASSIGN_OR_RETURN(const std::vector<RootRow> roots,
                       edges_.Roots(object.id));
      for (const RootRow& root : roots) {
        if (root.weak) continue;
        const int tier = RootTier(root.category);
        branches.push_back({at, 0, std::max(tier, best.tier), behind});
        break;
      }
    }
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT o.id, o.tier, o.depth FROM (SELECT DISTINCT src "
                   "FROM referrers WHERE dst = ?1 LIMIT ?2) r JOIN objects o "
                   "ON o.id = r.src WHERE o.tier IS NOT NULL AND o.id <> ?3 "
                   "ORDER BY o.tier, o.depth, o.id LIMIT ?4"));
    rows->Bind(1, int64_t{object.id});
    rows->Bind(2, kHoldersRead);
    rows->Bind(3, int64_t{object.parent});
    rows->Bind(4, kHoldersTried);
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      branches.push_back({at, static_cast<uint32_t>(rows->Int(0)),
                          static_cast<int>(rows->Int(1)),
                          static_cast<uint64_t>(rows->Int(2)) + behind});
    }
    behind += best.hops[at].gap_before;
  }
  // The edge to the other holder, and what is kept of the best path, count.
  for (Branch& branch : branches) {
    if (branch.holder != 0) {
      ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(branch.holder));
      ASSIGN_OR_RETURN(const ObjectRow object,
                       db_.Object(best.hops[branch.at].id));
      ASSIGN_OR_RETURN(const std::optional<EdgeRow> edge,
                       edges_.Best(holder, object.id));
      if (!edge.has_value()) return Damaged(object.id);
      branch.tier = std::max(branch.tier, EdgeTier(holder, edge->kind, object));
    }
    if (branch.at + 1 < best.hops.size()) {
      branch.tier = std::max(branch.tier, best.tier);
    }
  }
  std::sort(branches.begin(), branches.end(),
            [](const Branch& a, const Branch& b) {
              return std::tie(a.tier, a.length, b.at, a.holder) <
                     std::tie(b.tier, b.length, a.at, b.holder);
            });
  return branches;
}

absl::StatusOr<ObjectPath> PathFinder::Join(const Branch& branch,
                                            const ObjectPath& best,
                                            bool all_hops) {
  ObjectPath trail;
  if (branch.holder != 0) {
    ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(branch.holder));
    // A path that came through here would go round in a circle.
    ASSIGN_OR_RETURN(const ObjectRow object,
                     db_.Object(best.hops[branch.at].id));
    if (holder.depth >= object.depth) {
      ASSIGN_OR_RETURN(const ObjectRow ancestor,
                       Ancestor(holder, object.depth));
      if (ancestor.id == object.id) return ObjectPath();
    }
    ASSIGN_OR_RETURN(trail, Best(holder, all_hops));
  }
  // Nor may it run into what follows.
  std::set<uint32_t> on_path;
  for (const ObjectPath::Hop& hop : trail.hops) on_path.insert(hop.id);
  for (size_t i = branch.at; i < best.hops.size(); ++i) {
    if (on_path.count(best.hops[i].id) != 0) return ObjectPath();
    Append(&trail, best.hops[i].id,
           i == branch.at ? 0 : best.hops[i].gap_before);
  }
  trail.length = branch.length;
  trail.tier = branch.tier;
  return trail;
}

absl::StatusOr<std::vector<ObjectPath>> PathFinder::Others(
    const ObjectPath& best, size_t count, bool all_hops) {
  std::vector<ObjectPath> others;
  if (count == 0) return others;
  std::vector<HopSet> taken = {HopsOf(best)};
  ASSIGN_OR_RETURN(const std::vector<Branch> branches, Branches(best));
  for (const Branch& branch : branches) {
    ASSIGN_OR_RETURN(ObjectPath trail, Join(branch, best, all_hops));
    if (trail.empty()) continue;
    HopSet hops = HopsOf(trail);
    const bool distinct = std::all_of(
        taken.begin(), taken.end(),
        [&hops](const HopSet& other) { return Differences(hops, other) > 2; });
    if (!distinct) continue;
    taken.push_back(std::move(hops));
    others.push_back(std::move(trail));
    if (others.size() == count) break;
  }
  return others;
}

absl::StatusOr<PathFinder::Search> PathFinder::Shortest(uint32_t id,
                                                        uint64_t most_visited) {
  Search search;
  absl::flat_hash_map<uint32_t, uint32_t> next;  // towards the object
  std::vector<uint32_t> queue = {id};
  next.emplace(id, 0);
  int classes = 0;
  for (size_t i = 0; i < queue.size(); ++i) {
    const uint32_t at = queue[i];
    search.visited = i + 1;
    ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(at));
    if (!roots.empty() && !roots.front().weak) {
      for (uint32_t hop = at; hop != 0; hop = next[hop]) {
        Append(&search.trail, hop, 0);
      }
      search.trail.length = search.trail.hops.size();
      return search;
    }
    if (next.size() >= most_visited) {
      search.whole = false;
      continue;
    }
    ASSIGN_OR_RETURN(std::vector<uint32_t> holders,
                     edges_.Holders(at, kHoldersSearched));
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(at));
    const bool is_class =
        object.type == ObjectType::kClass || object.type == ObjectType::kModule;
    if (is_class && classes == kClassesSearched) {
      search.whole = false;
    } else if (is_class) {
      ++classes;
      ASSIGN_OR_RETURN(const std::vector<uint32_t> instances,
                       edges_.Instances(at, kHoldersSearched));
      holders.insert(holders.end(), instances.begin(), instances.end());
    }
    if (holders.size() >= kHoldersSearched) search.whole = false;
    for (const uint32_t holder : holders) {
      if (next.emplace(holder, at).second) queue.push_back(holder);
    }
  }
  return search;
}

absl::StatusOr<PathFinder::Search> PathFinder::Weak(uint32_t id,
                                                    uint64_t most_visited) {
  struct Next {
    uint32_t id = 0;
    bool weak = false;  // the edge to it
  };
  Search search;
  absl::flat_hash_map<uint32_t, Next> next;
  std::vector<uint32_t> queue = {id};
  next.emplace(id, Next());
  const auto follow = [&next, &search](uint32_t from) {
    bool weak = next[from].weak;
    for (uint32_t hop = next[from].id; hop != 0; hop = next[hop].id) {
      search.trail.hops.push_back({hop, 0, weak});
      weak = next[hop].weak;
    }
  };
  for (size_t i = 0; i < queue.size(); ++i) {
    const uint32_t at = queue[i];
    search.visited = i + 1;
    ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(at));
    if (!roots.empty()) {
      search.trail.hops.push_back({at, 0, true});
      follow(at);
      search.trail.length = search.trail.hops.size();
      return search;
    }
    if (next.size() >= most_visited) {
      search.whole = false;
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<EdgeRow> weak,
                     edges_.WeakIn(at, kHoldersSearched));
    for (const EdgeRow& edge : weak) {
      if (!next.emplace(edge.src, Next{at, true}).second) continue;
      ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(edge.src));
      if (!holder.reachable) {
        queue.push_back(edge.src);
        continue;
      }
      ASSIGN_OR_RETURN(search.trail, Best(holder, false));
      const uint64_t length = search.trail.length;
      const size_t shown = search.trail.hops.size();
      follow(edge.src);
      search.trail.length = length + search.trail.hops.size() - shown;
      return search;
    }
    ASSIGN_OR_RETURN(const std::vector<uint32_t> holders,
                     edges_.Holders(at, kHoldersSearched));
    for (const uint32_t holder : holders) {
      if (next.emplace(holder, Next{at, false}).second) {
        queue.push_back(holder);
      }
    }
  }
  return search;
}

}  // namespace heapq
