#include "query/suspects.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/edges.h"
#include "query/suspects/candidate.h"
#include "query/suspects/fingerprint.h"
#include "query/suspects/wording.h"

namespace heapq {
namespace {

constexpr size_t kMostSuspects = 10;
// Smaller shares of a normal holder are not listed without --share.
constexpr double kLargeShare = 0.01;

class SuspectFinder {
 public:
  explicit SuspectFinder(HeapDb* db)
      : db_(*db), describe_(db), retention_(db), owners_(db) {}

  absl::StatusOr<std::vector<Suspect>> Find(double share) {
    ASSIGN_OR_RETURN(const int64_t counted, db_.MetaNumber("counted_size"));
    ASSIGN_OR_RETURN(const int64_t data, db_.MetaNumber("data_size"));
    const HeapSizes sizes{static_cast<uint64_t>(counted),
                          static_cast<uint64_t>(data)};
    ASSIGN_OR_RETURN(tree_, PathTree::Read(&db_));
    ASSIGN_OR_RETURN(std::vector<Candidate> candidates,
                     FindCandidates(&db_, tree_, sizes, &owners_));
    Scorer scorer(&db_, tree_, sizes, HolderRules::BuiltIn(), &owners_);
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
      if (chosen.size() == kMostSuspects) break;
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

  absl::StatusOr<Suspect> Describe(const ScoredCandidate& scored) {
    const Candidate& candidate = scored.candidate;
    Suspect suspect;
    suspect.level = scored.level;
    ASSIGN_OR_RETURN(suspect.sentence, SentenceFor(tree_, scored, &owners_));
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
    std::string held;
    if (!candidate.elements.empty()) {
      const PathNode& node = tree_[candidate.elements.front()];
      ASSIGN_OR_RETURN(held, ObjectText(node, &owners_));
      suspect.held_class =
          node.what == MaskedObject::kProc ? "Proc" : node.name;
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> hops,
                     FingerprintHops(tree_, candidate.node, &owners_));
    suspect.fingerprint = Fingerprint(hops, suspect.held_class);
    // The example: the container, or what it is about.
    ASSIGN_OR_RETURN(WhyAlive why, retention_.Why(tree_[candidate.node].first,
                                                  WhyAliveOptions()));
    suspect.object = std::move(why.object);
    if (!why.paths.empty()) suspect.path = std::move(why.paths.front());
    if (!suspect.look_at.place.known() && !suspect.path.steps.empty()) {
      suspect.look_at = LeakPointOf(suspect.path);
    }
    return suspect;
  }

  HeapDb& db_;
  Describer describe_;
  Retention retention_;
  CodeOwners owners_;
  PathTree tree_;
};

// One hop without what differs from run to run.
std::string Masked(const PathStep& step) {
  switch (step.edge.kind) {
    case EdgeKind::kIndex:
      return "[*]";
    case EdgeKind::kHashValue:  // a symbol stands in the code, other keys not
      return !step.edge_name.empty() && step.edge_name[0] == ':'
                 ? "[" + step.edge_name + "]"
                 : "[*]";
    case EdgeKind::kHashValueOf:
      return "[*]";
    case EdgeKind::kHashKey:
      return "key";
    default:
      return step.closure ? absl::StrCat(step.edge_kind, " ", step.edge_name,
                                         " ", step.closure->label)
                          : absl::StrCat(step.edge_kind, " ", step.edge_name);
  }
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

std::string FingerprintOf(const RetentionPath& path) {
  std::vector<std::string> hops = {
      absl::StrCat(path.root.category, " ", path.root.name)};
  for (const PathStep& step : path.steps) {
    std::string hop =
        absl::StrCat(Masked(step), " ", step.object.class_name, " ",
                     std::string(ObjectTypeName(step.object.type)));
    // Lists are of any length: a repeated hop counts once.
    if (hop != hops.back()) hops.push_back(std::move(hop));
  }
  return Fingerprint(hops, "");
}

absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share) {
  return SuspectFinder(db).Find(share);
}

}  // namespace heapq
