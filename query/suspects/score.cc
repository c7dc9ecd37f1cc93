#include "query/suspects/score.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "indexer/base/status_macros.h"
#include "query/suspects/score_state.h"

namespace heapq {
namespace {

// More closures of one line were hardly made while a file was loaded.
constexpr uint64_t kMaxOfOneRun = 300;
constexpr double kMinShare = 0.005;
constexpr double kStrongShare = 0.05;
constexpr double kHugeShare = 0.3;
constexpr double kMinScore = 0.01;

// Code that runs once, while a file is loaded.
bool RunsOnce(const std::string& label) {
  return absl::StrContains(label, "<main>") ||
         absl::StrContains(label, "<top (required)>") ||
         absl::StrContains(label, "<class:") ||
         absl::StrContains(label, "<module:");
}

bool IsHash(const PathNode& node) { return node.type == ObjectType::kHash; }

}  // namespace

absl::StatusOr<ScoredCandidate> Scorer::Score(Candidate candidate) {
  State state;
  state.out.candidate = std::move(candidate);
  const uint32_t held = state.candidate().numbered
                            ? state.candidate().elements.front()
                            : state.candidate().node;
  ASSIGN_OR_RETURN(state.out.holder, FindHolder(tree_, held, &owners_));
  RETURN_IF_ERROR(LookBelow(&state));
  RETURN_IF_ERROR(LookAbove(&state));
  RETURN_IF_ERROR(WeighHolder(&state));
  WeighAmount(&state);
  RETURN_IF_ERROR(WeighKind(&state));
  RETURN_IF_ERROR(WeighKeys(&state));
  RETURN_IF_ERROR(WeighLimits(&state));
  RETURN_IF_ERROR(WeighSource(&state));
  RETURN_IF_ERROR(WeighActions(&state));
  RETURN_IF_ERROR(WeighRules(&state));
  RETURN_IF_ERROR(Decide(&state));
  state.out.normal = state.normal;
  // Reasons for the level come first.
  const bool suspected = state.out.level != SuspectLevel::kLarge;
  std::stable_sort(state.out.evidence.begin(), state.out.evidence.end(),
                   [suspected](const Evidence& a, const Evidence& b) {
                     const auto order = [suspected](double weight) {
                       return suspected ? weight : std::abs(std::log(weight));
                     };
                     return order(a.weight) > order(b.weight);
                   });
  return std::move(state.out);
}

// Whose objects are held: down to the first that are the application's.
absl::Status Scorer::LookBelow(State* state) {
  constexpr int kLevels = 4;
  constexpr size_t kMaxNodes = 400;
  const Candidate& candidate = state->candidate();
  std::map<CodeOwner, uint64_t> counts;
  std::set<uint32_t> seen;
  std::vector<uint32_t> level = candidate.elements;
  const double least = 0.3 * static_cast<double>(candidate.count);
  for (int n = 0; n < kLevels && !state->application_below; ++n) {
    std::vector<uint32_t> next;
    for (const uint32_t at : level) {
      if (!seen.insert(at).second) continue;
      const PathNode& node = tree_[at];
      ASSIGN_OR_RETURN(const CodeOwner owner, owners_.Of(node));
      if (owner != CodeOwner::kUnknown) counts[owner] += node.count;
      if (n == 0 && node.IsInstance("Thread")) {
        ASSIGN_OR_RETURN(const uint32_t block, owners_.BlockOf(node, at));
        if (block != 0) {
          ASSIGN_OR_RETURN(const IseqName code, owners_.Iseq(block));
          state->runs_application =
              OwnerOfFile(code.place.file) == CodeOwner::kApplication;
        }
      }
      if (owner == CodeOwner::kApplication && !state->application_below &&
          static_cast<double>(node.count) >= least) {
        state->application_below = true;
        state->out.of_application = at;
      }
      next.insert(next.end(), node.kids.begin(), node.kids.end());
    }
    if (next.size() > kMaxNodes) next.resize(kMaxNodes);
    level = std::move(next);
  }
  uint64_t most = 0;
  for (const auto& [owner, count] : counts) {
    if (count <= most) continue;
    most = count;
    state->held = owner;
  }
  // Closures that make up most of what is held, or of what that holds.
  std::vector<uint32_t> near = candidate.elements;
  for (const uint32_t at : candidate.elements) {
    near.insert(near.end(), tree_[at].kids.begin(), tree_[at].kids.end());
  }
  if (candidate.kind == Candidate::kClosures) {
    state->out.closure = candidate.node;
  } else {
    for (const uint32_t at : near) {
      const PathNode& node = tree_[at];
      if (node.what == MaskedObject::kProc &&
          2 * node.count >= candidate.count) {
        state->out.closure = at;
        break;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Scorer::LookAbove(State* state) {
  const auto path = tree_.PathTo(state->candidate().node);
  for (const uint32_t at : path) {
    const PathNode& node = tree_[at];
    ASSIGN_OR_RETURN(const CodeOwner owner, owners_.Of(node));
    // Object, the namespace of all constants, is nobody's.
    if (owner == CodeOwner::kApplication) state->application_above = true;
    const PathNode& up = tree_[node.parent];
    state->in_frame =
        state->in_frame || node.IsEdge(EdgeKind::kFrameLocal) ||
        node.IsEdge(EdgeKind::kFramePart) ||
        (node.IsEdge(EdgeKind::kItem) &&
         (node.label == "machine_stack" || node.label == "stack")) ||
        (node.hop == MaskedHop::kRoot && (node.label == "machine_context" ||
                                          node.label == "stack_and_registers"));
    if (node.IsEdge(EdgeKind::kRef) &&
        (up.IsInstance("Thread") || up.IsInstance("Fiber"))) {
      state->in_frame = true;
    }
  }
  return absl::OkStatus();
}

absl::Status Scorer::WeighHolder(State* state) {
  const Holder& holder = state->out.holder;
  double factor = 0.12;
  std::string text;
  if (state->candidate().kind == Candidate::kCaches) {
    state->Weigh(0.02, "only caches hold it");
    return absl::OkStatus();
  }
  if (state->candidate().kind == Candidate::kCopies &&
      holder.owner != CodeOwner::kGem) {
    // A class may have no method that tells whose it is.
    state->application_above = true;
    state->Weigh(1, absl::StrCat(holder.text, " is not a gem's class"));
    return absl::OkStatus();
  }
  const bool one = state->candidate().kind == Candidate::kOne;
  if (holder.OfApplication() && (holder.through_gem || one) &&
      !state->application_below && state->held == CodeOwner::kGem) {
    factor = 0.15;
    text = absl::StrCat("a gem holds its own objects (", holder.text, ")");
  } else if (holder.OfApplication()) {
    factor = 1;
    text =
        absl::StrCat("the application's own code holds it (", holder.text, ")");
  } else if (holder.kind == Holder::kThreadLocal) {
    factor = state->application_below || state->held == CodeOwner::kUnknown ||
                     state->held == CodeOwner::kRuby
                 ? 1
                 : 0.5;
    text = "a thread local, which lives as long as its thread";
  } else if (state->application_below) {
    factor = 0.9;
    text = "it holds objects of the application";
  } else if (state->application_above || state->runs_application) {
    factor = 0.6;
    text = state->application_above
               ? "an object of the application is on the path"
               : "threads that run code of the application";
  } else if (holder.kind == Holder::kGlobal ||
             holder.kind == Holder::kRegistry) {
    factor = 0.6;
    text = "a registry or global variable holds it";
  } else if (holder.kind == Holder::kFrame ||
             holder.owner == CodeOwner::kUnknown) {
    factor = 0.3;
  } else if (holder.owner == CodeOwner::kRuby) {
    factor = 0.03;
    text = "Ruby itself holds it";
  } else if (state->held == CodeOwner::kGem &&
             state->candidate().kind != Candidate::kCopies &&
             state->candidate().kind != Candidate::kAnonymous) {
    factor = 0.2;
    text = "a gem holds its own objects";
  } else {
    text = "a gem holds it";
  }
  if (text.empty()) text = absl::StrCat("held by ", holder.text);
  state->Weigh(factor, text);
  return absl::OkStatus();
}

void Scorer::WeighAmount(State* state) {
  const Candidate& candidate = state->candidate();
  const auto count = static_cast<double>(candidate.count);
  state->weight *=
      candidate.kind == Candidate::kOne
          ? 0.3
          : std::min(1.0, 0.4 + 0.6 * std::log(count / 40 + 1) / std::log(6));
  uint64_t most = 0;
  uint64_t keys = 0;
  uint64_t values = 0;
  for (const uint32_t at : candidate.elements) {
    const PathNode& node = tree_[at];
    const bool key =
        node.hop == MaskedHop::kKey && candidate.kind == Candidate::kContainer;
    if (!key) most = std::max(most, node.count);
    if (key) keys = std::max(keys, node.count);
    if (!key) values += node.count;
  }
  // Values that are no objects: numbers, true, symbols.
  if (2 * values < candidate.count) most = std::max(most, keys);
  state->out.sameness =
      candidate.kind == Candidate::kContainer && candidate.count > 0
          ? std::min(1.0, static_cast<double>(most) / count)
          : 1;
  state->weight *= 0.3 + 0.7 * state->out.sameness;
  if (candidate.kind == Candidate::kContainer) {
    // Many holders with a few each: what holds the holders is to blame.
    const double holders = std::max<double>(1, tree_[candidate.node].holders);
    state->weight *= 1 / (1 + holders / 50);
    if (state->out.sameness >= 0.9 && candidate.count >= 100) {
      state->out.evidence.push_back(
          {1.2, absl::StrFormat("%d entries of one kind", candidate.count)});
    }
  }
  if (state->in_frame) {
    state->Weigh(0.4,
                 "a running method or a machine stack holds it: "
                 "work in progress");
  }
}

// The classes of what is held, near the holder, and the labels of closures.
absl::StatusOr<std::vector<std::string>> Scorer::HeldNames(
    const Candidate& candidate) {
  constexpr int kLevels = 3;
  constexpr size_t kMaxNodes = 60;
  std::vector<std::string> names;
  std::vector<uint32_t> level = candidate.elements;
  for (int n = 0; n < kLevels; ++n) {
    std::vector<uint32_t> next;
    if (level.size() > kMaxNodes) level.resize(kMaxNodes);
    for (const uint32_t at : level) {
      const PathNode& node = tree_[at];
      if (node.what == MaskedObject::kProc) {
        ASSIGN_OR_RETURN(const IseqName code, owners_.Iseq(node.iseq));
        names.push_back(code.label);
      } else if (node.what == MaskedObject::kInstance) {
        names.push_back(node.name);
      }
      next.insert(next.end(), node.kids.begin(), node.kids.end());
    }
    level = std::move(next);
  }
  return names;
}

absl::Status Scorer::WeighRules(State* state) {
  const Candidate& candidate = state->candidate();
  ASSIGN_OR_RETURN(const std::vector<std::string> held, HeldNames(candidate));
  const Holder& holder = state->out.holder;
  const HolderRule* rule = rules_.FindHolder(
      candidate.kind == Candidate::kRegistry ? candidate.registry : holder.text,
      held);
  if (rule == nullptr) rule = rules_.FindHolder(holder.class_name, held);
  for (const uint32_t at : tree_.PathTo(candidate.node)) {
    if (rule != nullptr) break;
    const PathNode& node = tree_[at];
    if (!node.IsClass() && node.what != MaskedObject::kInstance) continue;
    rule = rules_.FindHolder(node.name, held);
  }
  if (rule == nullptr) return absl::OkStatus();
  if (rule->kind == HolderRule::kLeak) {
    state->Weigh(3, rule->Text(), true);
    state->known_leak = true;
    if (!rule->library.empty()) {
      state->out.known_leak = absl::StrCat(
          "known leak of ", rule->library,
          rule->fixed_in.empty() ? "" : ", fixed in ", rule->fixed_in);
    }
  } else if (rule->whatever_it_holds ||
             (!state->application_below && !state->data_keys)) {
    state->normal = true;
    state->Weigh(0.1, absl::StrCat("known and normal: ", rule->reason));
  }
  return absl::OkStatus();
}

absl::Status Scorer::Decide(State* state) {
  ScoredCandidate& out = state->out;
  const Candidate& candidate = out.candidate;
  const auto bytes = static_cast<double>(candidate.bytes);
  const double base = static_cast<double>(sizes_.counted);
  const double data = static_cast<double>(sizes_.data);
  const bool code = candidate.kind == Candidate::kMethods ||
                    candidate.kind == Candidate::kCopies ||
                    candidate.kind == Candidate::kAnonymous;
  out.score = bytes * state->weight;
  out.share = base > 0 ? bytes / base : 0;
  const double share = code ? out.share : data > 0 ? bytes / data : 0;
  out.level = SuspectLevel::kLarge;
  const bool enough = share >= kMinShare && out.score >= kMinShare * data;
  if (candidate.kind == Candidate::kCaches || state->normal) {
    return absl::OkStatus();
  }
  bool loaded_once = false;  // closures that are made while a file is loaded
  if (out.of_application != 0 &&
      tree_[out.of_application].what == MaskedObject::kProc) {
    ASSIGN_OR_RETURN(const IseqName name,
                     owners_.Iseq(tree_[out.of_application].iseq));
    loaded_once = RunsOnce(name.label);
  }
  const bool of_gem = state->held == CodeOwner::kGem;
  const bool thread_local_of_program =
      out.holder.kind == Holder::kThreadLocal && !of_gem;
  bool table =
      out.holder.is_constant && !state->application_below && !state->adds_only;
  if (table && IsHash(tree_[candidate.node])) {
    ASSIGN_OR_RETURN(const bool fills,
                     HasDefaultBlock(tree_[candidate.node].first));
    if (fills) table = false;
  }
  const bool may_grow = (candidate.kind == Candidate::kContainer ||
                         candidate.kind == Candidate::kChain) &&
                        (candidate.count >= 100 ||
                         (candidate.count >= 50 && share >= kHugeShare)) &&
                        out.sameness >= 0.5 && !state->frozen &&
                        !state->bounded && !state->is_table;
  const bool of_application = state->application_below && !loaded_once;
  // Limits beside a collection are seen only where values are dumped.
  const bool by_data = state->data_keys && !table && db_.has_fields();
  const bool grows = may_grow && !state->shrinks && share >= kStrongShare &&
                     (of_application || by_data || thread_local_of_program);
  bool made_at_load = false;  // "get('/') { … }" in a file of routes
  if (out.closure != 0 && candidate.count < kMaxOfOneRun) {
    ASSIGN_OR_RETURN(const IseqName name,
                     owners_.Iseq(tree_[out.closure].iseq));
    made_at_load = RunsOnce(name.label);
  }
  const bool code_says = state->adds_only && !made_at_load && !state->frozen &&
                         !state->bounded &&
                         (candidate.kind != Candidate::kContainer ||
                          (candidate.count >= 50 && out.sameness >= 0.5));
  // Without the source: methods of the holder ran, and none of them removes.
  const bool calls_say = may_grow && state->acts_later && !made_at_load &&
                         (of_application || by_data || state->appended);
  const bool sign = (state->strong > 0 && !state->declared &&
                     (state->OfApplication() || state->known_leak)) ||
                    code_says || calls_say;
  // A leak may be a small part of a large application's heap.
  const double least = state->OfApplication() ? kMinShare : kMinScore;
  if (enough && !state->in_frame &&
      (sign ||
       (grows && (state->OfApplication() || thread_local_of_program)))) {
    out.level = SuspectLevel::kLikely;
  } else if (out.score >= least * data &&
             (out.holder.owner != CodeOwner::kRuby || state->strong > 0)) {
    out.level = SuspectLevel::kPossible;
  }
  return absl::OkStatus();
}

}  // namespace heapq
