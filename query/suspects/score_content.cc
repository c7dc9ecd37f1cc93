// Signs in the content of a candidate and in the code that changes its holder.
#include <algorithm>
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

constexpr uint64_t kMaxThreads = 30;
constexpr uint64_t kFewDead = 10;
constexpr uint64_t kManyNumberedClasses = 100;

// "Bus#on (bus.rb:12)"; the place alone where the method is not known.
std::string LineText(const SourceLine& line) {
  if (line.label.empty()) return line.place.Text();
  return absl::StrCat(line.label, " (", line.place.Text(), ")");
}

bool IsHash(const PathNode& node) { return node.type == ObjectType::kHash; }

}  // namespace

// Whether the state of a path's objects, or a rule, can tell that they should
// be gone. Strings, arrays and hashes of Ruby's own classes have no such state.
bool Scorer::MayBeDead(const PathNode& node) const {
  switch (node.type) {
    case ObjectType::kString:
    case ObjectType::kArray:
    case ObjectType::kHash:
    case ObjectType::kSymbol:
      break;
    default:
      return true;
  }
  return !IsCoreClass(node.name) || HasRuleFor(node.name);
}

// Whether a rule names a class itself.
bool Scorer::HasRuleFor(const std::string& class_name) const {
  return std::any_of(rules_.objects.begin(), rules_.objects.end(),
                     [&class_name](const LeakStatusRule& rule) {
                       return FitsPattern(rule.class_name, class_name);
                     });
}

// Objects that should be gone by their own state, or by a rule.
absl::Status Scorer::WeighDead(State* state) {
  constexpr uint64_t kMaxSamples = 60;
  constexpr uint64_t kFirstSamples = 15;
  uint64_t seen = 0;
  uint64_t dead = 0;
  std::string reason;
  for (const uint32_t at : state->candidate().elements) {
    const PathNode& node = tree_[at];
    if (node.count < kFewDead || node.IsClass() || !MayBeDead(node)) continue;
    ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                     PathSamples(&db_, at));
    for (const uint32_t id : samples) {
      // Where none of the first ones is dead, half of all are not either.
      if (seen == kMaxSamples || (seen == kFirstSamples && dead == 0)) break;
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
      // A loop may define a family of classes while the program loads.
      if (tree_[candidate.node].HasNumberedName() &&
          candidate.count < kManyNumberedClasses) {
        break;
      }
      state->Weigh(3,
                   absl::StrCat(candidate.count, " classes ",
                                tree_[candidate.node].HasNumberedName()
                                    ? "are called like "
                                    : "have the name ",
                                tree_[candidate.node].name),
                   true);
      break;
    case Candidate::kAnonymous:
      if (state->OfApplication() && !state->declared) {
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
      if (IsDeclaration(code.label, candidate.count) ||
          (IsTopLevel(code.label) &&
           state->out.holder.owner == CodeOwner::kGem)) {
        state->weight *= 1.1;
        state->declared = true;
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
      // The env of a request has fewer entries than the limit.
      db_.Cached("SELECT count(*) FROM (SELECT dst FROM edges WHERE src = ?1 "
                 "LIMIT 400) e CROSS JOIN strings s ON s.id = e.dst WHERE "
                 "s.value = 'REQUEST_METHOD'"));
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

// Integers beside a container that may limit it: @max = 1000.
absl::StatusOr<bool> Scorer::IsBounded(uint32_t id, uint64_t count) {
  for (int n = 0; n < 3; ++n) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    id = object.parent;
    if (id == 0) break;
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached(
            "SELECT value FROM fields WHERE src = ?1 AND kind IN "
            "($ivar, $member) AND length(value) BETWEEN 2 AND 9 AND value GLOB "
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
    ASSIGN_OR_RETURN(const bool limited,
                     IsBounded(samples.front(), tree_[candidate.node].fan));
    if (limited) {
      state->bounded = true;
      state->Weigh(0.4, "a number beside it seems to limit its size");
    }
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
  // Classes and procs are weighed here only for a declaration that makes them.
  const bool made = candidate.kind == Candidate::kAnonymous ||
                    candidate.kind == Candidate::kClosures;
  if (!own || (!made && candidate.kind != Candidate::kContainer &&
               candidate.kind != Candidate::kChain &&
               candidate.kind != Candidate::kOne)) {
    return absl::OkStatus();
  }
  if (holder.variable.empty() && holder.class_name.empty()) {
    return absl::OkStatus();
  }
  SourceCode& source = owners_.source();
  VariableCode& code = state->out.code;
  const bool is_array = tree_[holder.node].type == ObjectType::kArray;
  std::string file;
  if (!holder.class_name.empty()) {
    ASSIGN_OR_RETURN(const ClassCode of_class,
                     owners_.OfClass(holder.class_name));
    if (of_class.owner == CodeOwner::kApplication) file = of_class.place.file;
  }
  if (!file.empty()) {
    code = source.FindVariable({file}, holder.class_name, holder.variable,
                               is_array);
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
            : holder.variable,
        is_array);
    if (other.add.known() || !code.found) {
      other.exposed = code.exposed;
      code = std::move(other);
    }
  }
  if (!code.found) return absl::OkStatus();
  if (made && (!code.add.known() || code.removal.known())) {
    return absl::OkStatus();
  }
  if (code.removes_as_it_adds) {
    state->bounded = true;
    state->Weigh(0.4, absl::StrCat(LineText(code.removal),
                                   " removes from it as it grows"));
  } else if (code.add.known() && !code.removal.known()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> files,
                     owners_.ApplicationFiles());
    ASSIGN_OR_RETURN(const bool called_at_load,
                     owners_.RunsOnlyAtLoad(holder.class_name, code.add.label));
    if (called_at_load || source.IsCalledAtLoad(files, code.add.label)) {
      state->is_table = true;
      state->is_called_at_load = true;
      state->Weigh(0.4, absl::StrCat(code.add.label,
                                     " is called only while files are loaded"));
      return absl::OkStatus();
    }
    if (made) return absl::OkStatus();
    state->adds_only = true;
    state->Weigh(1.3, absl::StrCat(LineText(code.add),
                                   " adds to it, and nothing there removes"));
  } else if (code.add.known() && code.removal.known()) {
    RETURN_IF_ERROR(WeighRemoval(state));
  } else if (!code.add.known() && !code.exposed && !holder.through_gem &&
             !holder.variable.empty() && candidate.kind != Candidate::kOne &&
             holder.kind != Holder::kGlobal) {
    state->is_table = true;
    state->Weigh(0.4, "the source fills it once and does not add to it later");
  }
  return absl::OkStatus();
}

// The source has code that adds and other code that removes: whether the latter
// has run decides.
absl::Status Scorer::WeighRemoval(State* state) {
  const VariableCode& code = state->out.code;
  const std::string& of_class = state->out.holder.class_name;
  ASSIGN_OR_RETURN(const bool removed,
                   owners_.HasRun(of_class, code.removal.label));
  ASSIGN_OR_RETURN(const bool added, owners_.HasRun(of_class, code.add.label));
  if (removed) {
    state->shrinks = true;
    state->Weigh(0.6, absl::StrCat(LineText(code.removal),
                                   " removes from it, and has run"));
  } else if (added) {
    state->adds_only = true;
    state->Weigh(1.2, absl::StrCat(LineText(code.removal),
                                   " removes from it, but the dump shows no "
                                   "call of it"));
  } else {
    // The dump does not show what has run.
    state->shrinks = true;
    state->Weigh(0.8, absl::StrCat(LineText(code.removal), " removes from it"));
  }
  return absl::OkStatus();
}

}  // namespace heapq
