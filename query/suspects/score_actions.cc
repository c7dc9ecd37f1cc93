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

// Room in an array for more elements, as a share of those that it has, and at
// least: appending one at a time leaves it.
constexpr double kRoomShare = 0.03;
constexpr uint64_t kLeastRoom = 8;
constexpr uint64_t kBytesOfSlot = 40;
constexpr uint64_t kBytesOfElement = 8;
}  // namespace

// Whether the largest array has room for more elements.
absl::StatusOr<bool> Scorer::WasAppendedTo(const Candidate& candidate) {
  if (tree_[candidate.node].type != ObjectType::kArray) return false;
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
  if (largest == 0) return false;
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT (SELECT count(*) FROM edges WHERE src = "
                              "?1) + (SELECT count(*) FROM fields WHERE src = "
                              "?1 AND kind = $index)"));
  row->Bind(1, int64_t{largest});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  const auto count = static_cast<uint64_t>(found ? row->Int(0) : 0);
  row->Reset();
  const auto room =
      std::max(kLeastRoom,
               static_cast<uint64_t>(kRoomShare * static_cast<double>(count)));
  return count > 0 && size >= kBytesOfSlot + kBytesOfElement * (count + room);
}

// Without the source of the holder's class, the calls that its methods made
// tell whether it grows while the program runs.
absl::Status Scorer::WeighActions(State* state) {
  const Candidate& candidate = state->candidate();
  const Holder& holder = state->out.holder;
  if (state->out.code.found || !holder.OfApplication() ||
      holder.class_name.empty() || IsCoreClass(holder.class_name) ||
      (candidate.kind != Candidate::kContainer &&
       candidate.kind != Candidate::kChain &&
       candidate.kind != Candidate::kOne)) {
    return absl::OkStatus();
  }
  uint32_t held = 0;
  if (state->out.of_application != 0) {
    held = tree_[state->out.of_application].klass;
  }
  ClassActions& actions = state->out.actions;
  ASSIGN_OR_RETURN(actions, owners_.ActionsOf(holder.class_name, held));
  if (!actions.known) return absl::OkStatus();
  const bool is_ivar = !holder.variable.empty() && holder.variable[0] == '@';
  if (actions.acts && !actions.removes) {
    state->acts_later = true;
    ASSIGN_OR_RETURN(state->appended, WasAppendedTo(candidate));
    state->Weigh(1.2, absl::StrCat(actions.label,
                                   " ran, and no method of its class that ran "
                                   "removes from a collection"));
  } else if (!actions.acts && is_ivar && !actions.exposes) {
    state->is_table = true;
    state->Weigh(0.4, absl::StrCat("of the methods of ", holder.class_name,
                                   " only those that run while loading did"));
  }
  return absl::OkStatus();
}

}  // namespace heapq
