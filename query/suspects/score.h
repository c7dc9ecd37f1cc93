#ifndef HEAPQ_QUERY_SUSPECTS_SCORE_H_
#define HEAPQ_QUERY_SUSPECTS_SCORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/paths/leak_status.h"
#include "query/rules/rules.h"
#include "query/suspects/candidate.h"
#include "query/suspects/path_text.h"

namespace heapq {

enum class SuspectLevel {
  kLarge,     // large, and normal as far as the dump shows
  kPossible,  // may grow
  kLikely,    // shows the signs of a leak
};

// One reason for a rank, with its weight: above 1 it speaks for a leak.
struct Evidence {
  double weight = 1;
  std::string text;
};

// A candidate with what speaks for and against it.
struct ScoredCandidate {
  Candidate candidate;
  Holder holder;
  uint32_t of_application = 0;  // node below, the application's; 0: none
  uint32_t closure = 0;         // node of the closures held; 0: none
  double sameness = 0;          // 0 to 1
  double score = 0;             // weighted bytes
  double share = 0;             // of the heap's counted bytes
  SuspectLevel level = SuspectLevel::kLarge;
  bool normal = false;     // a rule calls the holder normal
  std::string known_leak;  // "known leak of excon, fixed in 1.7.0"; or empty
  std::vector<Evidence> evidence;  // strongest first
  VariableCode code;               // how the source changes the holder
  ClassActions actions;            // without source: what its methods did
  std::vector<std::string> keys;   // a few keys of a hash, as in the dump
};

// Judges the candidates of one heap. All arguments must outlive it.
class Scorer {
 public:
  Scorer(HeapDb* db, const PathTree& tree, const HeapSizes& sizes,
         const Rules& rules, CodeOwners* owners)
      : db_(*db),
        tree_(tree),
        sizes_(sizes),
        rules_(rules),
        judge_(db, rules.objects),
        owners_(*owners) {}

  absl::StatusOr<ScoredCandidate> Score(Candidate candidate);

 private:
  struct State;
  struct Keys;
  absl::Status LookBelow(State* state);
  absl::Status LookForDeclarations(State* state);
  absl::Status LookAbove(State* state);
  absl::Status WeighHolder(State* state);
  void WeighAmount(State* state);
  absl::Status WeighKind(State* state);
  absl::Status WeighRequests(State* state);
  absl::Status WeighKeys(State* state);
  absl::Status WeighLimits(State* state);
  absl::Status WeighSource(State* state);
  absl::Status WeighRemoval(State* state);
  absl::Status WeighActions(State* state);
  absl::Status WeighRules(State* state);
  absl::Status Decide(State* state);

  bool MayBeDead(const PathNode& node) const;
  bool HasRuleFor(const std::string& class_name) const;
  absl::Status WeighDead(State* state);
  absl::StatusOr<bool> IsOfRequest(const PathNode& node);
  absl::StatusOr<Keys> ReadKeys(const std::vector<uint32_t>& hashes);
  absl::StatusOr<bool> AreCombinations(const std::vector<uint32_t>& arrays);
  absl::StatusOr<bool> HasDefaultBlock(uint32_t hash);
  absl::StatusOr<std::vector<std::string>> HeldNames(
      const Candidate& candidate);
  enum ArrayRoom { kNoArray, kExact, kAppended };
  absl::StatusOr<ArrayRoom> RoomOf(const Candidate& candidate);
  std::vector<uint32_t> MadeClasses(const State& state) const;
  absl::StatusOr<bool> IsBounded(uint32_t id, uint64_t count);

  HeapDb& db_;
  const PathTree& tree_;
  const HeapSizes& sizes_;
  const Rules& rules_;
  LeakStatusInspector judge_;
  CodeOwners& owners_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_SCORE_H_
