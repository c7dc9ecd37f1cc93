#include "cli/export/dominator_stacks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/export/node_name.h"
#include "indexer/base/status_macros.h"
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

absl::StatusOr<DominatorStacks> DominatorStacks::Read(HeapDb* db) {
  DominatorStacks all;
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
    objects[node.id].frame = all.Frame(NodeName(node));
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
      object.stack = all.Below(objects[object.idom].stack, object.frame);
    }
    Stack& stack = all.stacks_[objects[id].stack];
    ++stack.count;
    stack.size += sizes[id];
  }
  return all;
}

uint32_t DominatorStacks::Frame(std::string name) {
  const auto [found, is_new] = frame_places_.try_emplace(
      name, static_cast<uint32_t>(frame_places_.size()));
  if (is_new) frames_.push_back(std::move(name));
  return found->second;
}

uint32_t DominatorStacks::Below(uint32_t parent, uint32_t frame) {
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

std::vector<uint32_t> DominatorStacks::FramesOf(const Stack& stack) const {
  std::vector<uint32_t> places;
  for (const Stack* at = &stack; at->depth > 0; at = &stacks_[at->parent]) {
    places.push_back(at->frame);
  }
  std::reverse(places.begin(), places.end());
  return places;
}

}  // namespace heapq
