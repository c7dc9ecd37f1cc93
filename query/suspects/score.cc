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
#include "query/suspects/method_name.h"
#include "query/suspects/score_state.h"

namespace heapq {
namespace {

constexpr double kMinShare = 0.005;
constexpr double kStrongShare = 0.05;
constexpr double kHugeShare = 0.3;
constexpr double kMinScore = 0.01;
// A collection that grows has so many elements, or, if it is a large part of
// the heap, so few.
constexpr uint64_t kManyElements = 100;
constexpr uint64_t kFewElements = 50;
constexpr uint32_t kSeveralThreads = 3;
constexpr uint64_t kManyInThread = 200;

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
  RETURN_IF_ERROR(LookForDeclarations(state));
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

// Classes with a method that is a block at the top level of a file are declared
// there: "define(:text) { |value| value.to_s }".
absl::Status Scorer::LookForDeclarations(State* state) {
  constexpr size_t kMaxClasses = 5;
  constexpr int64_t kMaxMethods = 10;
  const Candidate& candidate = state->candidate();
  for (const uint32_t at : candidate.elements) {
    if (!tree_[at].IsClass() || 2 * tree_[at].count < candidate.count) continue;
    ASSIGN_OR_RETURN(std::vector<uint32_t> classes, PathSamples(&db_, at));
    if (classes.size() > kMaxClasses) classes.resize(kMaxClasses);
    size_t declared = 0;
    for (const uint32_t id : classes) {
      ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                       owners_.Methods(id, kMaxMethods));
      for (const uint32_t method : methods) {
        ASSIGN_OR_RETURN(const uint32_t iseq, owners_.IseqOf(method));
        if (iseq == 0) continue;
        ASSIGN_OR_RETURN(const IseqName code, owners_.Iseq(iseq));
        if (!IsDeclaration(code.label, candidate.count)) continue;
        ++declared;
        break;
      }
    }
    if (declared > 0 && declared == classes.size()) state->declared = true;
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
      // A reference without a name: of a frame or of a thread local. Several
      // threads that each keep many of a kind have locals.
      const PathNode& held = tree_[state->candidate().node];
      state->in_threads = state->candidate().kind == Candidate::kContainer &&
                          held.holders >= kSeveralThreads &&
                          held.elements >= kManyInThread * held.holders;
      state->in_frame = state->in_frame || !state->in_threads;
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
  const bool of_gem = state->held == CodeOwner::kGem;
  const bool thread_local_of_program =
      out.holder.kind == Holder::kThreadLocal && !of_gem;
  bool table = out.holder.is_constant && !out.holder.through_gem &&
               !state->application_below && !state->adds_only &&
               !state->adds_later;
  if (state->fills_itself) table = false;
  // What grows is one collection, or the number of them.
  const bool collections = candidate.kind == Candidate::kContainer &&
                           !candidate.numbered &&
                           tree_[candidate.node].holders > 1;
  const uint64_t extent =
      collections ? std::max<uint64_t>(tree_[candidate.node].fan,
                                       tree_[candidate.node].holders)
                  : candidate.count;
  const bool many = extent >= kManyElements ||
                    (extent >= kFewElements && share >= kHugeShare);
  const bool may_grow = (candidate.kind == Candidate::kContainer ||
                         candidate.kind == Candidate::kChain) &&
                        many && out.sameness >= 0.5 && !state->frozen &&
                        !state->bounded && !state->is_table;
  const bool of_application = state->application_below && !state->declared;
  // Limits beside a collection are seen only where values are dumped.
  const bool by_data = state->data_keys && !table && db_.has_fields() &&
                       (state->adds_later || !out.actions.known);
  const bool grows = may_grow && !state->shrinks && !state->declared &&
                     share >= kStrongShare &&
                     (of_application || by_data || thread_local_of_program);
  const bool code_says = state->adds_only && !state->declared &&
                         !state->frozen && !state->bounded &&
                         !(state->out.code.memo && state->blank_keys) &&
                         (candidate.kind != Candidate::kContainer ||
                          (extent >= kFewElements && out.sameness >= 0.5));
  // Without the source: methods of the holder ran, and none of them removes.
  const bool global = state->appended &&
                      (out.holder.kind == Holder::kGlobal || state->in_threads);
  const bool calls_say =
      may_grow && !state->declared &&
      (global ||
       (state->acts_later && (state->adds_later || state->appended) &&
        (of_application || (state->data_keys && !table) || state->appended)));
  const bool sign =
      (state->strong > 0 && !state->is_called_at_load &&
       (many || !collections) &&
       (state->OfApplication() || state->known_leak || state->data_in_gem)) ||
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
