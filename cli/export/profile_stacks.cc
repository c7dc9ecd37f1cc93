#include "cli/export/profile_stacks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/export/node_name.h"
#include "indexer/base/status_macros.h"
#include "query/allocations/allocation_profile.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

constexpr uint32_t kUnknown = UINT32_MAX;
constexpr uint32_t kOnTheWay = UINT32_MAX - 1;

struct DominatorChild {
  uint32_t idom = 0;
  uint32_t frame = kUnknown;  // kUnknown: no root reaches it
  uint32_t stack = kUnknown;
};

}  // namespace

absl::StatusOr<ProfileStacks> ProfileStacks::Read(
    HeapDb* db, const ExportOptions& options) {
  ProfileStacks all;
  RETURN_IF_ERROR(options.by_allocation ? all.ReadAllocations(db)
                                        : all.ReadDominators(db));
  return all;
}

absl::Status ProfileStacks::ReadAllocations(HeapDb* db) {
  ASSIGN_OR_RETURN(const AllocationProfile profile,
                   AllocationProfile::Read(db));
  if (profile.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        db->path(),
        ": allocations were not sampled; call HeapDump.sample_allocations in "
        "the program, or set HEAP_DUMP_SAMPLE=1 for its hook, and dump again"));
  }
  for (const AllocationProfile::Sample& sample : profile.samples()) {
    const std::vector<uint32_t> frames = profile.FramesOf(sample.stack);
    uint32_t stack = 0;
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
      stack = Below(stack, Frame(profile.frame(*frame).Text()));
    }
    if (frames.empty()) stack = Below(0, Frame("(code of C or Ruby itself)"));
    stacks_[stack].count += sample.weight;
    stacks_[stack].size += sample.weight * sample.size;
  }
  return absl::OkStatus();
}

absl::Status ProfileStacks::ReadDominators(HeapDb* db) {
  std::vector<DominatorChild> objects(db->last_id() + size_t{1});
  std::vector<uint64_t> sizes(objects.size());
  objects[0].stack = 0;
  HeapRows rows(db);
  RETURN_IF_ERROR(rows.Nodes([&](const NodeRow& node) -> absl::Status {
    if (!node.reachable) return absl::OkStatus();
    if (node.id >= objects.size() || node.idom >= objects.size()) {
      return absl::DataLossError(
          absl::StrCat(db->path(), ": object #", node.id,
                       " is out of range; load the dump again"));
    }
    objects[node.id].idom = node.idom;
    objects[node.id].frame = Frame(NodeName(node));
    sizes[node.id] = node.size;
    return absl::OkStatus();
  }));
  std::vector<uint32_t> way;
  for (uint32_t id = 1; id < objects.size(); ++id) {
    if (objects[id].frame == kUnknown) continue;
    uint32_t at = id;
    for (; objects[at].stack == kUnknown && objects[at].frame != kUnknown;
         at = objects[at].idom) {
      objects[at].stack = kOnTheWay;
      way.push_back(at);
    }
    if (objects[at].stack == kOnTheWay ||
        (at != 0 && objects[at].frame == kUnknown)) {
      return absl::DataLossError(
          absl::StrCat(db->path(), ": the dominators of object #", id,
                       " lead to no root; load the dump again"));
    }
    for (; !way.empty(); way.pop_back()) {
      DominatorChild& object = objects[way.back()];
      object.stack = Below(objects[object.idom].stack, object.frame);
    }
    Stack& stack = stacks_[objects[id].stack];
    ++stack.count;
    stack.size += sizes[id];
  }
  return absl::OkStatus();
}

uint32_t ProfileStacks::Frame(std::string name) {
  const auto [found, is_new] = frame_places_.try_emplace(
      name, static_cast<uint32_t>(frame_places_.size()));
  if (is_new) frames_.push_back(std::move(name));
  return found->second;
}

uint32_t ProfileStacks::Below(uint32_t parent, uint32_t frame) {
  const Stack& above = stacks_[parent];
  if (above.depth == kDeepest || (above.depth > 0 && above.frame == frame)) {
    return parent;
  }
  const uint32_t depth = above.depth + 1;
  const auto [found, is_new] = stack_places_.try_emplace(
      std::make_pair(parent, frame), static_cast<uint32_t>(stacks_.size()));
  if (is_new) stacks_.push_back({parent, frame, depth, 0, 0});
  return found->second;
}

std::vector<uint32_t> ProfileStacks::FramesOf(const Stack& stack) const {
  std::vector<uint32_t> places;
  for (const Stack* at = &stack; at->depth > 0; at = &stacks_[at->parent]) {
    places.push_back(at->frame);
  }
  std::reverse(places.begin(), places.end());
  return places;
}

}  // namespace heapq
