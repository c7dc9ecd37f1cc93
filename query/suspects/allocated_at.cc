#include "query/suspects/allocated_at.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "query/suspects/code_owner.h"

namespace heapq {
namespace {

// One or two samples may be of anything.
constexpr uint64_t kLeastSamples = 3;

bool IsOfApplication(const AllocationFrame& frame) {
  const CodeOwner owner = OwnerOfFile(frame.file);
  return owner == CodeOwner::kApplication || owner == CodeOwner::kUnknown;
}

bool IsHeld(const PathTree& tree, const Candidate& candidate, uint32_t path) {
  if (path == 0) return false;
  if (candidate.elements.empty()) return tree.IsAbove(candidate.node, path);
  return std::any_of(
      candidate.elements.begin(), candidate.elements.end(),
      [&](uint32_t element) { return tree.IsAbove(element, path); });
}

// The stack with most samples among those through the frame.
std::vector<AllocationFrame> FrequentStack(
    const AllocationProfile& profile,
    const AllocationProfile::WantsSample& wanted, uint32_t frame) {
  absl::flat_hash_map<uint32_t, uint64_t> samples;
  uint32_t most = 0;
  for (const AllocationProfile::Sample& sample : profile.samples()) {
    if (sample.stack == 0 || !wanted(sample)) continue;
    const std::vector<uint32_t> frames = profile.FramesOf(sample.stack);
    if (std::find(frames.begin(), frames.end(), frame) == frames.end()) {
      continue;
    }
    const uint64_t count = ++samples[sample.stack];
    if (most == 0 || count > samples[most]) most = sample.stack;
  }
  std::vector<AllocationFrame> stack;
  for (const uint32_t number : profile.FramesOf(most)) {
    stack.push_back(profile.frame(number));
  }
  return stack;
}

}  // namespace

std::string AllocatedAt::Text() const {
  return absl::StrCat(site.Text(), " (", std::lround(share * 100), " %, ",
                      samples, " samples)");
}

std::optional<AllocatedAt> AllocatedAtOf(const AllocationProfile& profile,
                                         const PathTree& tree,
                                         const Candidate& candidate) {
  const auto held = [&](const AllocationProfile::Sample& sample) {
    return IsHeld(tree, candidate, sample.path);
  };
  const std::vector<AllocationSite> sites =
      profile.Sites(held, IsOfApplication);
  uint64_t size = 0;
  uint64_t samples = 0;
  for (const AllocationSite& site : sites) {
    size += site.size;
    samples += site.samples;
  }
  if (samples < kLeastSamples || size == 0) return std::nullopt;
  const AllocationSite& first = sites.front();
  AllocatedAt at;
  at.site = profile.frame(first.frame);
  at.share = static_cast<double>(first.size) / static_cast<double>(size);
  at.samples = first.samples;
  at.stack = FrequentStack(profile, held, first.frame);
  return at;
}

}  // namespace heapq
