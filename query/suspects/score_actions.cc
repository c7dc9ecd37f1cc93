// Signs in the calls that the holder's methods made, where its source is
// missing.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/suspects/score_state.h"

namespace heapq {
namespace {

// An array that grows by one element at a time has room for more; one that is
// made in one go is as large as its elements. Slots have up to so many elements
// more.
constexpr uint64_t kLeastRoom = 16;
// In smaller arrays the room says nothing.
constexpr uint64_t kLargeArray = 100;
constexpr uint64_t kBytesOfSlot = 40;
constexpr uint64_t kBytesOfElement = 8;
}  // namespace

// How the largest array of a candidate was made.
absl::StatusOr<Scorer::ArrayRoom> Scorer::RoomOf(const Candidate& candidate) {
  if (tree_[candidate.node].type != ObjectType::kArray) return kNoArray;
  ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                   PathSamples(&db_, candidate.node));
  uint64_t size = 0;
  uint32_t largest = 0;
  for (const uint32_t id : samples) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    if (object.size <= size) continue;
    size = object.size;
    largest = id;
  }
  if (largest == 0) return kNoArray;
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT (SELECT count(*) FROM edges WHERE src = "
                              "?1) + (SELECT count(*) FROM fields WHERE src = "
                              "?1 AND kind = $index)"));
  row->Bind(1, int64_t{largest});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  const auto count = static_cast<uint64_t>(found ? row->Int(0) : 0);
  row->Reset();
  if (count < kLargeArray) return kNoArray;
  return size >= kBytesOfSlot + kBytesOfElement * (count + kLeastRoom)
             ? kAppended
             : kExact;
}

// The classes of what is held, other than those that have literals.
std::vector<uint32_t> Scorer::MadeClasses(const State& state) const {
  std::vector<uint32_t> classes;
  for (const uint32_t at : state.candidate().elements) {
    const PathNode& node = tree_[at];
    switch (node.type) {
      case ObjectType::kString:
      case ObjectType::kArray:
      case ObjectType::kHash:
      case ObjectType::kSymbol:
      case ObjectType::kClass:
      case ObjectType::kModule:
        if (IsCoreClass(node.name) || node.IsClass()) continue;
        break;
      default:
        break;
    }
    if (node.klass != 0 && node.what == MaskedObject::kInstance) {
      classes.push_back(node.klass);
    }
  }
  if (state.out.of_application != 0 &&
      tree_[state.out.of_application].klass != 0) {
    classes.push_back(tree_[state.out.of_application].klass);
  }
  return classes;
}

// Without the source of the holder's class, the calls that its methods made
// tell whether it grows while the program runs.
absl::Status Scorer::WeighActions(State* state) {
  const Candidate& candidate = state->candidate();
  const Holder& holder = state->out.holder;
  const VariableCode& code = state->out.code;
  if (code.add.known() || (candidate.kind != Candidate::kContainer &&
                           candidate.kind != Candidate::kChain &&
                           candidate.kind != Candidate::kOne)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const ArrayRoom room, RoomOf(candidate));
  state->appended = room == kAppended;
  if (room == kExact) {
    state->is_table = true;
    state->Weigh(0.5, "an array as large as its elements: made in one go");
  }
  if (state->series == State::kWindow) {
    state->shrinks = true;
    state->Weigh(0.6, "its keys count up, but the first are gone");
  }
  if (code.found) return absl::OkStatus();
  if (!holder.OfApplication() || holder.class_name.empty() ||
      IsCoreClass(holder.class_name)) {
    return absl::OkStatus();
  }
  ClassActions& actions = state->out.actions;
  ASSIGN_OR_RETURN(actions,
                   owners_.ActionsOf(holder.class_name, MadeClasses(*state)));
  if (!actions.known) return absl::OkStatus();
  const bool is_ivar = !holder.variable.empty() && holder.variable[0] == '@';
  state->adds_later = actions.adds || state->fills_itself;
  if (actions.may_remove && state->series != State::kWhole) {
    state->shrinks = true;
  }
  if (actions.removes) {
    state->shrinks = true;
    state->Weigh(0.6, absl::StrCat(actions.removal,
                                   " ran, and removes from a collection"));
  } else if (actions.makes_at_load) {
    state->is_table = true;
    state->Weigh(0.4, absl::StrCat("methods of ", holder.class_name,
                                   " make what it holds while loading"));
  } else if (actions.acts) {
    state->acts_later = !state->shrinks;
    state->Weigh(1.2, absl::StrCat(actions.label,
                                   " ran, and no method of its class that ran "
                                   "is seen to remove"));
  } else if (is_ivar && !actions.exposes) {
    state->is_table = true;
    state->Weigh(0.4, absl::StrCat("of the methods of ", holder.class_name,
                                   " only those that run while loading did"));
  }
  return absl::OkStatus();
}

}  // namespace heapq
