#include "query/suspects/score.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr uint64_t kMaxThreads = 30;
constexpr uint64_t kFewDead = 10;
constexpr size_t kMaxKeys = 300;
// More closures of one line were hardly made while a file was loaded.
constexpr uint64_t kMaxOfOneRun = 300;
constexpr double kMinShare = 0.005;
constexpr double kStrongShare = 0.05;
constexpr double kHugeShare = 0.3;
constexpr double kMinScore = 0.01;

bool HasDigit(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::string WithoutDigits(const std::string& text) {
  std::string masked;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      masked.push_back(c);
    } else if (masked.empty() || masked.back() != '#') {
      masked.push_back('#');
    }
  }
  return masked;
}

// Code that runs once, while a file is loaded.
bool RunsOnce(const std::string& label) {
  return absl::StrContains(label, "<main>") ||
         absl::StrContains(label, "<top (required)>") ||
         absl::StrContains(label, "<class:") ||
         absl::StrContains(label, "<module:");
}

bool IsHash(const PathNode& node) { return node.type == ObjectType::kHash; }

}  // namespace

struct Scorer::State {
  ScoredCandidate out;
  double weight = 1;
  int strong = 0;
  bool application_above = false;
  bool application_below = false;
  CodeOwner held = CodeOwner::kUnknown;  // of most of what is held
  bool in_frame = false;
  bool frozen = false;
  bool bounded = false;
  bool data_keys = false;
  bool adds_only = false;  // the source adds and does not remove
  bool is_table = false;   // the source fills it once
  bool normal = false;

  const Candidate& candidate() const { return out.candidate; }
  void Weigh(double factor, std::string text, bool sign = false) {
    weight *= factor;
    if (sign) ++strong;
    out.evidence.push_back({factor, std::move(text)});
  }
  bool OfApplication() const {
    return out.holder.OfApplication() || application_above || application_below;
  }
};

absl::StatusOr<ScoredCandidate> Scorer::Score(Candidate candidate) {
  State state;
  state.out.candidate = std::move(candidate);
  ASSIGN_OR_RETURN(state.out.holder,
                   FindHolder(tree_, state.candidate().node, &owners_));
  RETURN_IF_ERROR(LookBelow(&state));
  RETURN_IF_ERROR(LookAbove(&state));
  RETURN_IF_ERROR(WeighHolder(&state));
  WeighAmount(&state);
  RETURN_IF_ERROR(WeighKind(&state));
  RETURN_IF_ERROR(WeighKeys(&state));
  RETURN_IF_ERROR(WeighLimits(&state));
  RETURN_IF_ERROR(WeighSource(&state));
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
  } else if (state->application_above) {
    factor = 0.6;
    text = "an object of the application is on the path";
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

// Objects that should be gone by their own state, or by a rule.
absl::Status Scorer::WeighDead(State* state) {
  constexpr size_t kMaxSamples = 60;
  uint64_t seen = 0;
  uint64_t dead = 0;
  std::string reason;
  for (const uint32_t at : state->candidate().elements) {
    const PathNode& node = tree_[at];
    if (node.count < kFewDead || node.IsClass()) continue;
    ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                     PathSamples(&db_, at));
    for (const uint32_t id : samples) {
      if (seen == kMaxSamples) break;
      ++seen;
      ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
      ASSIGN_OR_RETURN(InspectedStatus judgement, judge_.Judge(object));
      if (judgement.liveness != LeakStatus::kDead) continue;
      ++dead;
      if (reason.empty()) reason = std::move(judgement.reason);
    }
  }
  if (dead >= kFewDead && 2 * dead >= seen) {
    state->Weigh(2,
                 absl::StrFormat("%d of %d objects looked at should be gone: "
                                 "%s",
                                 dead, seen, reason),
                 true);
  }
  return absl::OkStatus();
}

absl::Status Scorer::WeighKind(State* state) {
  const Candidate& candidate = state->candidate();
  const auto path = tree_.PathTo(candidate.node);
  switch (candidate.kind) {
    case Candidate::kRegistry:
      state->Weigh(3,
                   absl::StrFormat(
                       "%d entries in Ruby's list of %s", candidate.count,
                       candidate.registry == "end_proc" ? "at_exit blocks"
                                                        : candidate.registry),
                   true);
      break;
    case Candidate::kCopies:
      state->Weigh(3,
                   absl::StrFormat("%d classes have the name %s",
                                   candidate.count, tree_[candidate.node].name),
                   true);
      break;
    case Candidate::kAnonymous:
      if (state->OfApplication()) {
        state->Weigh(
            2,
            absl::StrFormat("%d anonymous classes or modules", candidate.count),
            true);
      }
      break;
    case Candidate::kMethods: {
      ASSIGN_OR_RETURN(const CodeOwner owner,
                       owners_.Of(tree_[candidate.node]));
      if (owner == CodeOwner::kApplication) {
        state->Weigh(
            2, absl::StrFormat("%d methods of one pattern", candidate.count),
            true);
      } else {
        state->Weigh(0.6, "methods of one pattern");
      }
      break;
    }
    default:
      break;
  }
  const bool registry =
      std::any_of(path.begin(), path.end(), [this](uint32_t at) {
        const PathNode& node = tree_[at];
        return node.hop == MaskedHop::kRoot &&
               (node.label == "finalizers" || node.label == "end_proc");
      });
  if (candidate.kind != Candidate::kRegistry && registry) {
    state->Weigh(3, "finalizers or at_exit blocks hold it", true);
  }
  bool trace = false;
  bool threads = false;
  for (const uint32_t at : candidate.elements) {
    const PathNode& node = tree_[at];
    trace = trace || node.IsInstance("TracePoint") ||
            (node.what == MaskedObject::kHidden && node.name == "tracepoint") ||
            (node.IsEdge(EdgeKind::kItem) && node.label == "tracepoints");
    threads =
        threads || (node.IsInstance("Thread") && node.count >= kMaxThreads);
  }
  if (trace) state->Weigh(2, "TracePoints that nothing disabled", true);
  if (threads) state->Weigh(2, "many Thread objects", true);
  RETURN_IF_ERROR(WeighDead(state));
  RETURN_IF_ERROR(WeighRequests(state));
  if (state->out.closure != 0) {
    const PathNode& closure = tree_[state->out.closure];
    ASSIGN_OR_RETURN(const CodeOwner owner, owners_.Of(closure));
    ASSIGN_OR_RETURN(const IseqName code, owners_.Iseq(closure.iseq));
    if (owner == CodeOwner::kApplication) {
      if (RunsOnce(code.label) &&
          (candidate.count < kMaxOfOneRun ||
           state->out.holder.owner == CodeOwner::kGem)) {
        state->weight *= 1.1;
      } else {
        state->Weigh(2, absl::StrCat("closures, all made in ", code.label),
                     true);
      }
    }
  }
  return absl::OkStatus();
}

// Objects that live as long as one request or job.
absl::StatusOr<bool> Scorer::IsOfRequest(const PathNode& node) {
  if ((node.what == MaskedObject::kInstance ||
       node.what == MaskedObject::kSubInstance) &&
      rules_.IsOfRequest(node.name)) {
    return true;
  }
  if (!IsHash(node)) return false;
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT count(*) FROM edges e CROSS JOIN strings s ON s.id = "
                 "e.dst WHERE e.src = ?1 AND s.value = 'REQUEST_METHOD'"));
  row->Bind(1, int64_t{node.first});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  const bool is_env = found && row->Int(0) > 0;
  row->Reset();
  return is_env;
}

absl::Status Scorer::WeighRequests(State* state) {
  constexpr uint64_t kManyRequests = 20;
  constexpr int kLevels = 3;
  std::vector<uint32_t> level = state->candidate().elements;
  for (int n = 0; n < kLevels; ++n) {
    std::vector<uint32_t> next;
    for (const uint32_t at : level) {
      const PathNode& node = tree_[at];
      if (node.count < kManyRequests || node.IsClass()) continue;
      ASSIGN_OR_RETURN(const bool of_request, IsOfRequest(node));
      if (of_request) {
        state->Weigh(1.5,
                     absl::StrFormat("%d objects of requests that should have "
                                     "ended",
                                     node.count),
                     !state->in_frame);
        return absl::OkStatus();
      }
      next.insert(next.end(), node.kids.begin(), node.kids.end());
    }
    level = std::move(next);
  }
  return absl::OkStatus();
}

absl::Status Scorer::WeighKeys(State* state) {
  const Candidate& candidate = state->candidate();
  if (candidate.kind != Candidate::kContainer ||
      !IsHash(tree_[candidate.node])) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                   PathSamples(&db_, candidate.node));
  uint64_t all = 0;
  uint64_t objects = 0;
  uint64_t with_digits = 0;
  std::set<std::string> patterns;
  for (const uint32_t id : samples) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT e.kind, o.type, s.value, n.text, o.name FROM edges "
                   "e LEFT JOIN objects o ON o.id = e.dst LEFT JOIN strings s "
                   "ON s.id = e.dst LEFT JOIN names n ON n.id = e.label AND "
                   "e.kind = 8 WHERE e.src = ?1 AND e.kind IN (0, 7, 8) LIMIT "
                   "120"));
    row->Bind(1, int64_t{id});
    while (all < kMaxKeys) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      const auto kind = static_cast<EdgeKind>(row->Int(0));
      const auto type = static_cast<ObjectType>(row->Int(1));
      std::string text;
      if (kind == EdgeKind::kHashValue) {
        text = std::string(row->Text(3));
      } else if (type == ObjectType::kString) {
        text = std::string(row->Text(2));
      } else if (kind == EdgeKind::kHashKey && type != ObjectType::kSymbol &&
                 type != ObjectType::kClass && type != ObjectType::kModule) {
        ++all;
        ++objects;
        continue;
      } else {
        continue;
      }
      ++all;
      if (HasDigit(text)) ++with_digits;
      patterns.insert(WithoutDigits(text));
      if (state->out.keys.size() < 3) state->out.keys.push_back(text);
    }
    row->Reset();
    if (all >= kMaxKeys) break;
  }
  if (all < 20) return absl::OkStatus();
  state->data_keys =
      (10 * with_digits > 7 * all && 100 * patterns.size() <= 15 * all) ||
      10 * objects > 7 * all;
  if (state->data_keys) state->Weigh(1.5, "its keys are made from data");
  return absl::OkStatus();
}

// Integers beside a container that may limit it: @max = 1000.
absl::StatusOr<bool> Scorer::IsBounded(uint32_t id, uint64_t count) {
  for (int n = 0; n < 3; ++n) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    id = object.parent;
    if (id == 0) break;
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT value FROM fields WHERE src = ?1 AND kind IN (3, "
                   "10) AND length(value) BETWEEN 2 AND 9 AND value GLOB "
                   "'[1-9]*' LIMIT 40"));
    row->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      const auto limit = static_cast<uint64_t>(row->Int(0));
      if (limit >= 16 && count <= limit + limit / 50 + 1 &&
          2 * count >= limit) {
        row->Reset();
        return true;
      }
    }
  }
  return false;
}

absl::Status Scorer::WeighLimits(State* state) {
  const Candidate& candidate = state->candidate();
  if (candidate.kind != Candidate::kContainer) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                   PathSamples(&db_, candidate.node));
  size_t frozen = 0;
  for (const uint32_t id : samples) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    if ((object.flags & kFrozen) != 0) ++frozen;
  }
  state->frozen = !samples.empty() && 10 * frozen >= 9 * samples.size();
  if (state->frozen) state->Weigh(0.3, "frozen: it does not grow");
  if (!samples.empty()) {
    ASSIGN_OR_RETURN(state->bounded,
                     IsBounded(samples.front(), tree_[candidate.node].fan));
  }
  if (state->bounded) {
    state->Weigh(0.4, "a number beside it seems to limit its size");
  }
  return absl::OkStatus();
}

// Weighs how the application's source changes the holder's variable, if this
// machine has the files.
absl::Status Scorer::WeighSource(State* state) {
  const Candidate& candidate = state->candidate();
  const Holder& holder = state->out.holder;
  const bool own = holder.OfApplication() ||
                   holder.kind == Holder::kThreadLocal ||
                   holder.kind == Holder::kGlobal;
  if (!own || (candidate.kind != Candidate::kContainer &&
               candidate.kind != Candidate::kChain &&
               candidate.kind != Candidate::kOne)) {
    return absl::OkStatus();
  }
  if (holder.variable.empty() && holder.class_name.empty()) {
    return absl::OkStatus();
  }
  SourceCode& source = owners_.source();
  VariableCode& code = state->out.code;
  std::string file;
  if (!holder.class_name.empty()) {
    ASSIGN_OR_RETURN(const ClassCode of_class,
                     owners_.OfClass(holder.class_name));
    if (of_class.owner == CodeOwner::kApplication) file = of_class.place.file;
  }
  if (!file.empty()) {
    code = source.FindVariable({file}, holder.class_name, holder.variable);
  }
  // Constants and globals may be filled anywhere, and so may what an accessor
  // hands out.
  const bool is_ivar = !holder.variable.empty() && holder.variable[0] == '@';
  if (!code.add.known() && !holder.variable.empty() &&
      (!is_ivar || code.exposed)) {
    ASSIGN_OR_RETURN(const std::vector<std::string> files,
                     owners_.ApplicationFiles());
    const size_t name = holder.variable.find_first_not_of('@');
    VariableCode other = source.FindVariable(
        files, "",
        is_ivar && name != std::string::npos
            ? absl::StrCat(".", holder.variable.substr(name))
            : holder.variable);
    if (other.add.known() || !code.found) {
      other.exposed = code.exposed;
      code = std::move(other);
    }
  }
  if (!code.found) return absl::OkStatus();
  if (code.removes_as_it_adds) {
    state->bounded = true;
    state->Weigh(
        0.4, absl::StrCat(code.removal.label, " (", code.removal.place.Text(),
                          ") removes from it as it grows"));
  } else if (code.add.known() && !code.removal.known()) {
    state->adds_only = true;
    state->Weigh(1.3, absl::StrCat(code.add.label, " (", code.add.place.Text(),
                                   ") adds to it, and nothing there removes"));
  } else if (!code.add.known() && !code.exposed && !holder.through_gem &&
             !holder.variable.empty() && candidate.kind != Candidate::kOne &&
             holder.kind != Holder::kGlobal) {
    state->is_table = true;
    state->Weigh(0.4, "the source fills it once and does not add to it later");
  }
  return absl::OkStatus();
}

absl::Status Scorer::WeighRules(State* state) {
  const HolderRule* rule = rules_.FindHolder(state->out.holder.text);
  if (rule == nullptr) rule = rules_.FindHolder(state->out.holder.class_name);
  for (const uint32_t at : tree_.PathTo(state->candidate().node)) {
    if (rule != nullptr) break;
    const PathNode& node = tree_[at];
    if (!node.IsClass() && node.what != MaskedObject::kInstance) continue;
    rule = rules_.FindHolder(node.name);
  }
  if (rule == nullptr) return absl::OkStatus();
  if (rule->kind == HolderRule::kLeak) {
    state->Weigh(3, rule->reason, true);
  } else if (rule->whatever_it_holds ||
             (!state->application_below && !state->data_keys)) {
    state->normal = true;
    state->Weigh(0.1, absl::StrCat("known and normal: ", rule->reason));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Scorer::HasDefaultBlock(uint32_t hash) {
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT count(*) FROM edges e JOIN names n ON n.id = e.label "
                 "WHERE e.src = ?1 AND e.kind = 17 AND n.text = 'default'"));
  row->Bind(1, int64_t{hash});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  const bool has = found && row->Int(0) > 0;
  row->Reset();
  return has;
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
  const bool grows =
      (candidate.kind == Candidate::kContainer ||
       candidate.kind == Candidate::kChain) &&
      (candidate.count >= 100 ||
       (candidate.count >= 50 && share >= kHugeShare)) &&
      out.sameness >= 0.5 && !state->frozen && !state->bounded &&
      !state->is_table && share >= kStrongShare &&
      ((state->application_below && !loaded_once) ||
       // Limits beside a collection are seen only where values are dumped.
       (state->data_keys && !table && db_.has_fields()) ||
       thread_local_of_program);
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
  const bool sign = (state->strong > 0 && state->OfApplication()) || code_says;
  if (enough && !state->in_frame &&
      (sign ||
       (grows && (state->OfApplication() || thread_local_of_program)))) {
    out.level = SuspectLevel::kLikely;
  } else if (out.score >= kMinScore * data &&
             (out.holder.owner != CodeOwner::kRuby || state->strong > 0)) {
    out.level = SuspectLevel::kPossible;
  }
  return absl::OkStatus();
}

}  // namespace heapq
