#include "query/suspects/growth.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/suspects/wording.h"

namespace heapq {
namespace {

// No Ruby has smaller objects.
constexpr uint64_t kSmallestObject = 16;
// Smaller changes of an object's own size are not reported.
constexpr uint64_t kMinOwnSize = 1000;
// Objects grow with their holders if they do not grow faster than this.
constexpr double kExplained = 1.25;

uint64_t Less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

class GrowthFinder {
 public:
  GrowthFinder(const std::vector<const HeapPaths*>& heaps, double minutes)
      : heaps_(heaps), last_(*heaps.back()), minutes_(minutes) {}

  absl::StatusOr<std::vector<GrowthPoint>> Find(size_t limit) {
    const std::vector<PathNode>& nodes = last_.tree.nodes();
    point_of_.resize(nodes.size());
    absl::flat_hash_set<uint64_t> seen;
    for (uint32_t i = 1; i < nodes.size(); ++i) {
      if (nodes[i].what == MaskedObject::kOwnThread) left_out_.insert(i);
      if (left_out_.contains(nodes[i].parent)) left_out_.insert(i);
      if (left_out_.contains(i)) continue;
      point_of_[i] = point_of_[nodes[i].parent];
      // Equal fingerprints are one path.
      if (!seen.insert(last_.prints.OfNode(i)).second) continue;
      RETURN_IF_ERROR(Look(i));
    }
    // Growth that a point explains is not counted again above it.
    for (size_t n = points_.size(); n-- > 0;) {
      const size_t above = above_[n];
      if (above == 0) continue;
      points_[above - 1].own_bytes =
          Less(points_[above - 1].own_bytes, points_[n].growth.bytes);
    }
    std::vector<GrowthPoint> found;
    for (GrowthPoint& point : points_) {
      if (point.own_bytes > 0) found.push_back(std::move(point));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const GrowthPoint& a, const GrowthPoint& b) {
                       return a.own_bytes > b.own_bytes;
                     });
    if (found.size() > limit)
      found.erase(std::next(found.begin(), static_cast<ptrdiff_t>(limit)),
                  found.end());
    return found;
  }

 private:
  // The amount in an older heap of a node of the last heap.
  absl::StatusOr<PathAmount> AmountIn(const HeapPaths& heap, uint32_t node) {
    const PathFingerprints::Amount* found =
        heap.prints.Find(last_.prints.OfNode(node));
    if (found != nullptr) return PathAmount{found->count, found->bytes, true};
    PathAmount amount = AtMost(heap.prints.largest_unknown());
    const PathNode& path = last_.tree[node];
    if (path.what != MaskedObject::kInstance || path.name.empty()) {
      return amount;
    }
    ASSIGN_OR_RETURN(
        Statement * row,
        heap.db->Cached(
            "SELECT coalesce(sum(count), 0) FROM classes WHERE name = ?1"));
    row->Bind(1, path.name);
    ASSIGN_OR_RETURN(const bool some, row->Step());
    const auto count = static_cast<uint64_t>(some ? row->Int(0) : 0);
    row->Reset();
    if (count == 0) return PathAmount();
    amount.count = std::min(amount.count, count);
    return amount;
  }

  absl::StatusOr<Growth> GrowthOf(uint32_t node) {
    Growth growth;
    growth.minutes = minutes_;
    for (size_t i = 0; i + 1 < heaps_.size(); ++i) {
      ASSIGN_OR_RETURN(const PathAmount amount, AmountIn(*heaps_[i], node));
      growth.amounts.push_back(amount);
    }
    const PathFingerprints::Amount& now =
        *last_.prints.Find(last_.prints.OfNode(node));
    growth.amounts.push_back({now.count, now.bytes, true});
    const PathAmount& first = growth.amounts.front();
    growth.count = Less(now.count, first.count);
    growth.bytes = Less(now.bytes, first.bytes);
    for (size_t i = 1; i < growth.amounts.size(); ++i) {
      const PathAmount& from = growth.amounts[i - 1];
      const PathAmount& to = growth.amounts[i];
      if (!to.exact) continue;
      const bool more =
          growth.count > 0 ? to.count > from.count : to.bytes > from.bytes;
      if (more) ++growth.steps;
    }
    return growth;
  }

  // Whether the holders grew as much as what they hold.
  absl::StatusOr<bool> IsExplained(uint32_t node, const Growth& growth) {
    const uint32_t parent = last_.tree[node].parent;
    if (parent == 0 || last_.tree[node].hop == MaskedHop::kNamed) return false;
    const uint64_t holders =
        last_.prints.Find(last_.prints.OfNode(parent))->count;
    ASSIGN_OR_RETURN(const PathAmount before,
                     AmountIn(*heaps_.front(), parent));
    // A holder that is too small for a row in the first heap explains all, if
    // it grew itself.
    if (!before.exact) return point_of_[parent] != 0;
    if (holders <= before.count) return false;
    if (before.count == 0 || growth.amounts.front().count == 0) return true;
    return static_cast<double>(growth.amounts.back().count) <=
           kExplained * static_cast<double>(growth.amounts.front().count) *
               static_cast<double>(holders) / static_cast<double>(before.count);
  }

  absl::Status Look(uint32_t node) {
    ASSIGN_OR_RETURN(Growth growth, GrowthOf(node));
    uint64_t own_bytes = growth.bytes;
    if (growth.count > 0) {
      ASSIGN_OR_RETURN(const bool explained, IsExplained(node, growth));
      if (explained) return absl::OkStatus();
    } else {
      // As many objects as before, which are larger.
      const PathFingerprints::Amount* before =
          heaps_.front()->prints.Find(last_.prints.OfNode(node));
      if (before == nullptr) return absl::OkStatus();
      const uint64_t now = last_.prints.Find(last_.prints.OfNode(node))->size;
      own_bytes = Less(now, before->size);
      if (own_bytes < kMinOwnSize || 2 * own_bytes < growth.bytes) {
        return absl::OkStatus();
      }
    }
    if (own_bytes == 0) return absl::OkStatus();
    GrowthPoint point;
    point.candidate = CandidateAt(node);
    point.own_bytes = own_bytes;
    point.growth = std::move(growth);
    above_.push_back(point_of_[last_.tree[node].parent]);
    points_.push_back(std::move(point));
    point_of_[node] = points_.size();
    return absl::OkStatus();
  }

  Candidate CandidateAt(uint32_t node) const {
    const PathNode& path = last_.tree[node];
    Candidate candidate;
    candidate.node = node;
    candidate.elements = {node};
    candidate.count = path.count;
    candidate.bytes = path.bytes;
    if (path.what == MaskedObject::kClass) {
      candidate.kind = path.count > 1 ? Candidate::kCopies : Candidate::kOne;
    } else if (path.depth >= kMinChain && path.entries > 0 &&
               path.count >= kMinChain * path.entries) {
      candidate.kind = Candidate::kChain;
    } else if (path.parent == 0 || path.count == 1) {
      candidate.kind = Candidate::kOne;
    } else {
      candidate.kind = Candidate::kContainer;
      candidate.node = path.parent;
    }
    return candidate;
  }

  const std::vector<const HeapPaths*>& heaps_;
  const HeapPaths& last_;
  const double minutes_;
  absl::flat_hash_set<uint32_t> left_out_;
  std::vector<GrowthPoint> points_;
  std::vector<size_t> above_;     // by point: the next one above, and 1
  std::vector<size_t> point_of_;  // by node, the same
};

std::string PerMinute(const Growth& growth) {
  if (growth.minutes <= 0) return "";
  std::vector<std::string> rates;
  const auto bytes =
      static_cast<uint64_t>(static_cast<double>(growth.bytes) / growth.minutes);
  const auto count =
      static_cast<uint64_t>(static_cast<double>(growth.count) / growth.minutes);
  return count > 0 ? absl::StrCat(" (", CountText(count), " and ",
                                  BytesText(bytes), " a minute)")
                   : absl::StrCat(" (", BytesText(bytes), " a minute)");
}

}  // namespace

std::string GrowthVerdict(const Growth& growth) {
  const size_t steps = growth.amounts.size() - 1;
  const char* const least = growth.amounts.front().exact ? "" : "at least ";
  std::string text = "grew";
  if (steps > 1 && growth.steps == steps) {
    absl::StrAppend(&text, " twice, ");
    if (growth.count >= steps) {
      absl::StrAppend(&text, least, CountText(growth.count / steps),
                      " a dump, ");
    }
    absl::StrAppend(&text, "by ", least, BytesText(growth.bytes / steps),
                    " a dump");
  } else {
    absl::StrAppend(&text, steps > 1 ? " once, by " : " by ", least,
                    growth.count > 0
                        ? absl::StrCat(CountText(growth.count), " (",
                                       BytesText(growth.bytes), ")")
                        : BytesText(growth.bytes));
  }
  return absl::StrCat(text, PerMinute(growth));
}

absl::StatusOr<std::unique_ptr<HeapPaths>> HeapPaths::Read(HeapDb* db) {
  auto heap = std::make_unique<HeapPaths>();
  heap->db = db;
  ASSIGN_OR_RETURN(heap->tree, PathTree::Read(db));
  heap->owners = std::make_unique<CodeOwners>(db);
  ASSIGN_OR_RETURN(heap->prints,
                   PathFingerprints::Read(heap->tree, heap->owners.get()));
  return heap;
}

PathAmount AtMost(uint64_t bytes) {
  return {bytes / kSmallestObject, bytes, false};
}

absl::StatusOr<std::vector<GrowthPoint>> FindGrowthPoints(
    const std::vector<const HeapPaths*>& heaps, double minutes, size_t limit) {
  return GrowthFinder(heaps, minutes).Find(limit);
}

absl::StatusOr<absl::flat_hash_map<uint64_t, PathAmount>> FindAmounts(
    const HeapPaths& heap, const std::set<uint64_t>& fingerprints) {
  absl::flat_hash_map<uint64_t, PathAmount> amounts;
  for (const uint64_t fingerprint : fingerprints) {
    const PathFingerprints::Amount* held = heap.prints.Find(fingerprint);
    if (held != nullptr) amounts[fingerprint] = {held->count, held->bytes};
  }
  // The container counts with what it holds.
  const auto add = [&amounts](uint64_t fingerprint, const Candidate& found) {
    PathAmount& amount = amounts[fingerprint];
    if (found.bytes >= amount.bytes) amount = {found.count, found.bytes, true};
  };
  // The content of a container has the fingerprint of its elements' class.
  const auto wanted = [&](const Candidate& candidate) {
    bool any = fingerprints.count(heap.prints.Of(candidate)) != 0;
    for (const uint32_t element : candidate.elements) {
      any = any || fingerprints.count(heap.prints.OfNode(element)) != 0;
    }
    return any;
  };
  ASSIGN_OR_RETURN(
      const std::vector<Candidate> found,
      FindCandidatesOfAnySize(heap.db, heap.tree, heap.owners.get(), wanted));
  for (const Candidate& candidate : found) {
    const uint64_t own = heap.prints.Of(candidate);
    if (fingerprints.count(own) != 0) add(own, candidate);
    if (candidate.kind != Candidate::kContainer) continue;
    for (const uint32_t element : candidate.elements) {
      const uint64_t other = heap.prints.OfNode(element);
      if (other != own && fingerprints.count(other) != 0) add(other, candidate);
    }
  }
  return amounts;
}

}  // namespace heapq
