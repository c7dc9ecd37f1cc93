#include "query/suspects/suspects.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_info.h"
#include "query/suspects/candidate.h"
#include "query/suspects/fingerprint.h"
#include "query/suspects/wording.h"

namespace heapq {
namespace {

constexpr size_t kMaxSuspects = 10;
// Smaller shares of a normal holder are not listed without --share.
constexpr double kLargeShare = 0.01;
// Places that grew most, which are judged.
constexpr size_t kMaxPoints = 200;
// The most growth points that precede the other suspects.
constexpr size_t kMaxGrown = 5;
// With three heaps, the weight of what grew between two of them alone.
constexpr double kGrewOnce = 0.2;
// The weight of not having grown.
constexpr double kDidNotGrow = 0.3;
// Weighted growth below this share of the heap's data is not a sign of a leak.
constexpr double kGrowthScore = 0.0005;

class SuspectFinder {
 public:
  explicit SuspectFinder(const HeapPaths& heap)
      : heap_(heap),
        db_(*heap.db),
        tree_(heap.tree),
        owners_(*heap.owners),
        retention_(heap.db) {}

  absl::StatusOr<std::vector<Suspect>> Find(double share) {
    RETURN_IF_ERROR(ReadMeasures());
    ASSIGN_OR_RETURN(std::vector<Candidate> candidates,
                     FindCandidates(&db_, tree_, sizes_, &owners_));
    Scorer scorer(&db_, tree_, sizes_, Rules::InUse(), &owners_);
    std::vector<ScoredCandidate> scored;
    scored.reserve(candidates.size());
    for (Candidate& candidate : candidates) {
      ASSIGN_OR_RETURN(ScoredCandidate one, scorer.Score(std::move(candidate)));
      scored.push_back(std::move(one));
    }
    std::stable_sort(scored.begin(), scored.end(),
                     [](const ScoredCandidate& a, const ScoredCandidate& b) {
                       return a.score != b.score
                                  ? a.score > b.score
                                  : a.candidate.node < b.candidate.node;
                     });
    std::vector<Suspect> suspects;
    std::vector<const ScoredCandidate*> chosen;
    for (const ScoredCandidate& one : scored) {
      if (chosen.size() == kMaxSuspects) break;
      const double least =
          one.level == SuspectLevel::kLarge && share == 0 ? kLargeShare : share;
      if (one.share < least || Repeats(one, chosen)) continue;
      chosen.push_back(&one);
    }
    // An answer always names the largest part of the heap.
    if (chosen.empty() && share == 0 && !scored.empty()) {
      chosen.push_back(&*std::max_element(
          scored.begin(), scored.end(),
          [](const ScoredCandidate& a, const ScoredCandidate& b) {
            return a.candidate.bytes < b.candidate.bytes;
          }));
    }
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const ScoredCandidate* a, const ScoredCandidate* b) {
                       return a->level > b->level;
                     });
    for (const ScoredCandidate* one : chosen) {
      ASSIGN_OR_RETURN(Suspect suspect, Describe(*one));
      ASSIGN_OR_RETURN(suspect.sentence, SentenceFor(tree_, *one, &owners_));
      suspects.push_back(std::move(suspect));
    }
    return suspects;
  }

  absl::StatusOr<std::vector<Suspect>> FindGrown(
      std::vector<GrowthPoint> points, size_t limit) {
    RETURN_IF_ERROR(ReadMeasures());
    Scorer scorer(&db_, tree_, sizes_, Rules::InUse(), &owners_);
    std::vector<ScoredGrowth> scored;
    for (GrowthPoint& point : points) {
      ScoredGrowth one;
      ASSIGN_OR_RETURN(one.scored, scorer.Score(point.candidate));
      const auto bytes =
          static_cast<double>(std::max<uint64_t>(point.candidate.bytes, 1));
      const double weight = one.scored.score / bytes;
      const bool always = point.growth.steps + 1 == point.growth.amounts.size();
      one.score = static_cast<double>(point.own_bytes) * weight *
                  (always ? 1 : kGrewOnce);
      one.point = std::move(point);
      one.scored.level = LevelOf(one, weight);
      scored.push_back(std::move(one));
    }
    std::stable_sort(scored.begin(), scored.end(),
                     [](const ScoredGrowth& a, const ScoredGrowth& b) {
                       return a.scored.level != b.scored.level
                                  ? a.scored.level > b.scored.level
                                  : a.score > b.score;
                     });
    if (scored.size() > limit) scored.resize(limit);
    std::vector<Suspect> suspects;
    for (ScoredGrowth& one : scored) {
      ASSIGN_OR_RETURN(Suspect suspect, Describe(one.scored));
      const PathNode& held = tree_[HeldNode(tree_, one.scored.candidate)];
      ASSIGN_OR_RETURN(const std::string text, ObjectText(held, &owners_));
      const PathAmount& now = one.point.growth.amounts.back();
      suspect.sentence = absl::StrCat(
          text,
          one.scored.holder.kind == Holder::kClass
              ? std::string()
              : absl::StrCat(" in ", one.scored.holder.text),
          " ", GrowthVerdict(one.point.growth), ", to ",
          now.count > 1 ? absl::StrCat(CountText(now.count), " with ") : "",
          BytesText(now.bytes));
      suspect.retained = now.bytes;
      suspect.count = now.count;
      suspect.growth = std::move(one.point.growth);
      RETURN_IF_ERROR(ShowHeld(one.scored.candidate, &suspect));
      suspects.push_back(std::move(suspect));
    }
    return suspects;
  }

 private:
  // One answer for each subtree: the best score wins.
  bool Repeats(const ScoredCandidate& one,
               const std::vector<const ScoredCandidate*>& chosen) const {
    const Candidate& candidate = one.candidate;
    for (const ScoredCandidate* other_scored : chosen) {
      const Candidate& other = other_scored->candidate;
      // A container far larger than what was chosen inside it stands alone.
      const bool above = tree_.IsAbove(candidate.node, other.node);
      if (above && candidate.node != other.node &&
          candidate.kind == Candidate::kContainer &&
          candidate.bytes > 3 * other.bytes) {
        continue;
      }
      if (above || tree_.IsAbove(other.node, candidate.node)) return true;
      for (const uint32_t at : candidate.elements) {
        if (std::find(other.elements.begin(), other.elements.end(), at) !=
            other.elements.end()) {
          return true;
        }
      }
    }
    return false;
  }

  struct ScoredGrowth {
    GrowthPoint point;
    ScoredCandidate scored;
    double score = 0;
  };

  // Growth from dump to dump is likely a leak, whatever it looks like; growth
  // in one step may be a program that warms up.
  SuspectLevel LevelOf(const ScoredGrowth& one, double weight) const {
    const Growth& growth = one.point.growth;
    const bool counts =
        static_cast<double>(one.point.own_bytes) * std::min(1.0, weight) >=
        kGrowthScore * static_cast<double>(sizes_.data);
    if (!counts || one.scored.normal) return SuspectLevel::kLarge;
    if (growth.amounts.size() > 2 &&
        growth.steps + 1 == growth.amounts.size()) {
      return SuspectLevel::kLikely;
    }
    return std::max(one.scored.level, SuspectLevel::kPossible);
  }

  absl::Status ReadMeasures() {
    ASSIGN_OR_RETURN(const int64_t counted, db_.MetaNumber("counted_size"));
    ASSIGN_OR_RETURN(const int64_t data, db_.MetaNumber("data_size"));
    sizes_ = {static_cast<uint64_t>(counted), static_cast<uint64_t>(data)};
    ASSIGN_OR_RETURN(allocations_, AllocationProfile::Read(&db_));
    return absl::OkStatus();
  }

  // All but the sentence.
  absl::StatusOr<Suspect> Describe(const ScoredCandidate& scored) {
    const Candidate& candidate = scored.candidate;
    Suspect suspect;
    suspect.level = scored.level;
    suspect.retained = candidate.bytes;
    suspect.share = scored.share;
    suspect.count = candidate.count;
    ASSIGN_OR_RETURN(suspect.look_at, LookAt(tree_, scored, &owners_));
    ASSIGN_OR_RETURN(suspect.masked_path,
                     PathTexts(tree_, candidate.node, &owners_));
    suspect.holder = scored.holder.text;
    ASSIGN_OR_RETURN(suspect.held, HeldText(tree_, scored, &owners_));
    suspect.evidence = scored.evidence;
    suspect.keys = scored.keys;
    suspect.held_class = HeldClass(tree_[HeldNode(tree_, candidate)]);
    suspect.fingerprint = FingerprintText(heap_.prints.Of(candidate));
    if (candidate.kind == Candidate::kCopies) {
      ASSIGN_OR_RETURN(const std::string holder, HolderOfCopies(candidate));
      if (!holder.empty()) {
        absl::StrAppend(&suspect.sentence, "; ", holder, " holds old ones");
        suspect.holder = holder;
      }
    }
    // The example: the container, or what it is about.
    ASSIGN_OR_RETURN(WhyAlive why, retention_.Why(tree_[candidate.node].first,
                                                  WhyAliveOptions()));
    suspect.object = std::move(why.object);
    if (!why.paths.empty()) suspect.path = std::move(why.paths.front());
    if (!suspect.look_at.place.known() && !suspect.path.steps.empty()) {
      suspect.look_at = LeakPointOf(suspect.path);
    }
    suspect.allocated_at = AllocatedAtOf(allocations_, tree_, candidate);
    Place& place = suspect.look_at.place;
    if (!place.known() && suspect.allocated_at.has_value()) {
      place.file = suspect.allocated_at->site.file;
      place.line = suspect.allocated_at->site.line;
      suspect.look_at.text = "allocates most of it";
    }
    if (place.known() && place.line == 0) {
      place.line = owners_.source().LineOf(place.file, suspect.look_at.text);
    }
    return suspect;
  }

  // Makes one of the objects held the example: a late one by its address.
  absl::Status ShowHeld(const Candidate& candidate, Suspect* suspect) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                     PathSamples(&db_, HeldNode(tree_, candidate)));
    if (samples.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(WhyAlive why,
                     retention_.Why(samples.back(), WhyAliveOptions()));
    suspect->object = std::move(why.object);
    if (why.paths.empty()) return absl::OkStatus();
    suspect->path = std::move(why.paths.front());
    if (!suspect->look_at.place.known()) {
      suspect->look_at = LeakPointOf(suspect->path);
    }
    return absl::OkStatus();
  }

  // The variable that most copies of a class are reached through; empty: none.
  // A class's masked path begins at the class, so it does not show that.
  absl::StatusOr<std::string> HolderOfCopies(const Candidate& candidate) {
    constexpr size_t kMaxCopies = 10;
    ASSIGN_OR_RETURN(std::vector<uint32_t> copies,
                     PathSamples(&db_, candidate.node));
    if (copies.size() > kMaxCopies) copies.resize(kMaxCopies);
    std::map<std::string, int> holders;
    for (const uint32_t copy : copies) {
      ASSIGN_OR_RETURN(const WhyAlive why,
                       retention_.Why(copy, WhyAliveOptions()));
      if (why.paths.empty()) continue;
      const std::vector<PathStep>& steps = why.paths.front().steps;
      for (size_t i = steps.size(); i-- > 0;) {
        const PathStep& step = steps[i];
        const EdgeKind kind = step.edge.kind;
        if (i == 0) {
          const std::string& root = why.paths.front().root.name;
          if (!root.empty()) ++holders[root];
          break;
        }
        if (kind != EdgeKind::kConst && kind != EdgeKind::kIvar &&
            kind != EdgeKind::kCvar) {
          continue;
        }
        // The copy that is in use is the value of its own constant.
        const bool own = i + 1 == steps.size() && kind == EdgeKind::kConst;
        const ObjectSummary& owner = steps[i - 1].object;
        const bool is_class = owner.type == ObjectType::kClass ||
                              owner.type == ObjectType::kModule;
        const std::string name = is_class ? owner.label : owner.class_name;
        if (!own) {
          ++holders[kind != EdgeKind::kConst
                        ? absl::StrCat(name, " ", step.edge_name)
                    : name == "Object"
                        ? step.edge_name
                        : absl::StrCat(name, "::", step.edge_name)];
        }
        break;
      }
    }
    std::string most;
    for (const auto& [holder, count] : holders) {
      if (most.empty() || count > holders[most]) most = holder;
    }
    return most;
  }

  const HeapPaths& heap_;
  HeapDb& db_;
  const PathTree& tree_;
  CodeOwners& owners_;
  Retention retention_;
  HeapSizes sizes_;
  AllocationProfile allocations_;
};

// Lowers a suspect that has not grown since an older dump: one dump alone
// cannot tell a large table from a leak.
void JudgeByOlder(const std::vector<const HeapPaths*>& heaps,
                  Suspect* suspect) {
  uint64_t fingerprint = 0;
  if (!absl::SimpleHexAtoi(suspect->fingerprint, &fingerprint)) return;
  const auto* const before = heaps.front()->prints.Find(fingerprint);
  const auto* const now = heaps.back()->prints.Find(fingerprint);
  if (before == nullptr || now == nullptr || now->count > before->count ||
      now->bytes > before->bytes) {
    return;
  }
  suspect->level = std::min(suspect->level, SuspectLevel::kPossible);
  suspect->evidence.insert(
      suspect->evidence.begin(),
      {kDidNotGrow, "it holds no more than in the older dump"});
}

}  // namespace

std::string_view SuspectLevelName(SuspectLevel level) {
  switch (level) {
    case SuspectLevel::kLikely:
      return "likely";
    case SuspectLevel::kPossible:
      return "possible";
    case SuspectLevel::kLarge:
      break;
  }
  return "large";
}

absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapPaths> heap, HeapPaths::Read(db));
  return FindSuspects(*heap, share);
}

absl::StatusOr<std::vector<Suspect>> FindSuspects(const HeapPaths& heap,
                                                  double share) {
  return SuspectFinder(heap).Find(share);
}

absl::StatusOr<std::vector<Suspect>> FindSuspects(
    const std::vector<HeapDb*>& heaps, double share) {
  std::vector<std::unique_ptr<HeapPaths>> owned;
  std::vector<const HeapPaths*> paths;
  for (HeapDb* heap : heaps) {
    ASSIGN_OR_RETURN(std::unique_ptr<HeapPaths> read, HeapPaths::Read(heap));
    paths.push_back(read.get());
    owned.push_back(std::move(read));
  }
  ASSIGN_OR_RETURN(const double minutes,
                   MinutesBetween(heaps.front(), heaps.back()));
  ASSIGN_OR_RETURN(std::vector<Suspect> grown,
                   FindGrowth(paths, minutes, kMaxSuspects));
  ASSIGN_OR_RETURN(std::vector<Suspect> found,
                   SuspectFinder(*paths.back()).Find(share));
  // Growth that may be a leak leads; the others follow.
  std::vector<Suspect> all;
  std::set<std::string> prints;
  for (Suspect& suspect : grown) {
    if (suspect.level == SuspectLevel::kLarge) continue;
    if (suspect.share < share || all.size() == kMaxGrown) continue;
    prints.insert(suspect.fingerprint);
    all.push_back(std::move(suspect));
  }
  for (Suspect& suspect : found) {
    JudgeByOlder(paths, &suspect);
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const Suspect& a, const Suspect& b) { return a.level > b.level; });
  for (Suspect& suspect : found) {
    if (all.size() == kMaxSuspects) break;
    if (prints.insert(suspect.fingerprint).second) {
      all.push_back(std::move(suspect));
    }
  }
  return all;
}

absl::StatusOr<std::vector<Suspect>> FindGrowth(
    const std::vector<const HeapPaths*>& heaps, double minutes, size_t limit) {
  ASSIGN_OR_RETURN(std::vector<GrowthPoint> points,
                   FindGrowthPoints(heaps, minutes, kMaxPoints));
  return SuspectFinder(*heaps.back()).FindGrown(std::move(points), limit);
}

absl::StatusOr<GoneFingerprints> FindGone(
    HeapDb* db, const std::set<std::string>& fingerprints) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapPaths> heap, HeapPaths::Read(db));
  GoneFingerprints gone;
  gone.least_bytes = heap->prints.largest_unknown();
  for (const std::string& fingerprint : fingerprints) {
    uint64_t hash = 0;
    if (!absl::SimpleHexAtoi(fingerprint, &hash) ||
        heap->prints.Find(hash) == nullptr) {
      gone.fingerprints.push_back(fingerprint);
    }
  }
  return gone;
}

}  // namespace heapq
