#include "query/allocations/allocation_profile.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kFramesSql[] =
    "SELECT id, file, line, method FROM allocation_frames ORDER BY id";
constexpr char kStacksSql[] =
    "SELECT id, caller, frame FROM allocation_stacks ORDER BY id";
constexpr char kSamplesSql[] =
    "SELECT a.id, a.stack, a.path, a.weight, o.size FROM allocation_samples a "
    "JOIN objects o ON o.id = a.id ORDER BY a.id";

absl::Status Damaged(const HeapDb& db) {
  return absl::DataLossError(absl::StrCat(
      db.path(), ": the sampled stacks are damaged; load the dump again"));
}

}  // namespace

std::string AllocationFrame::Text() const {
  return absl::StrCat(file, ":", line, method.empty() ? "" : " in ", method);
}

absl::StatusOr<AllocationProfile> AllocationProfile::Read(HeapDb* db) {
  AllocationProfile profile;
  profile.frames_.emplace_back();
  profile.stacks_.emplace_back();
  RETURN_IF_ERROR(profile.ReadFrames(db));
  RETURN_IF_ERROR(profile.ReadStacks(db));
  RETURN_IF_ERROR(profile.ReadSamples(db));
  return profile;
}

absl::Status AllocationProfile::ReadFrames(HeapDb* db) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached(kFramesSql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    if (rows->Int(0) != static_cast<int64_t>(frames_.size())) {
      return Damaged(*db);
    }
    AllocationFrame frame;
    frame.file = rows->Text(1);
    frame.line = static_cast<uint32_t>(rows->Int(2));
    frame.method = rows->Text(3);
    frames_.push_back(std::move(frame));
  }
}

// A caller has a smaller number, so no way outward is endless.
absl::Status AllocationProfile::ReadStacks(HeapDb* db) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached(kStacksSql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    const int64_t id = rows->Int(0);
    const int64_t caller = rows->Int(1);
    const int64_t frame = rows->Int(2);
    if (id != static_cast<int64_t>(stacks_.size()) || caller < 0 ||
        caller >= id || frame < 1 ||
        frame >= static_cast<int64_t>(frames_.size())) {
      return Damaged(*db);
    }
    stacks_.push_back(
        {static_cast<uint32_t>(caller), static_cast<uint32_t>(frame)});
  }
}

absl::Status AllocationProfile::ReadSamples(HeapDb* db) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached(kSamplesSql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    Sample sample;
    sample.object = static_cast<uint32_t>(rows->Int(0));
    sample.stack = static_cast<uint32_t>(rows->Int(1));
    sample.path = static_cast<uint32_t>(rows->Int(2));
    sample.weight = static_cast<uint64_t>(rows->Int(3));
    sample.size = static_cast<uint64_t>(rows->Int(4));
    if (sample.stack >= stacks_.size()) return Damaged(*db);
    samples_.push_back(sample);
  }
}

std::vector<uint32_t> AllocationProfile::FramesOf(uint32_t stack) const {
  std::vector<uint32_t> frames;
  for (; stack != 0; stack = stacks_[stack].caller) {
    frames.push_back(stacks_[stack].frame);
  }
  return frames;
}

std::vector<AllocationSite> AllocationProfile::Sites(
    const WantsSample& wanted, const PrefersFrame& prefers) const {
  absl::flat_hash_map<uint32_t, uint32_t> site_of_stack;
  absl::flat_hash_map<uint32_t, AllocationSite> sites;
  for (const Sample& sample : samples_) {
    if (sample.stack == 0 || !wanted(sample)) continue;
    const auto [known, is_new] = site_of_stack.try_emplace(sample.stack, 0);
    if (is_new) {
      const std::vector<uint32_t> frames = FramesOf(sample.stack);
      const auto preferred = std::find_if(
          frames.begin(), frames.end(),
          [&](uint32_t number) { return prefers(frames_[number]); });
      known->second = preferred == frames.end() ? frames.front() : *preferred;
    }
    AllocationSite& site = sites[known->second];
    site.frame = known->second;
    ++site.samples;
    site.count += sample.weight;
    site.size += sample.weight * sample.size;
  }
  std::vector<AllocationSite> sorted;
  for (const auto& [frame, site] : sites) sorted.push_back(site);
  std::sort(sorted.begin(), sorted.end(),
            [](const AllocationSite& a, const AllocationSite& b) {
              return a.size != b.size ? a.size > b.size : a.frame < b.frame;
            });
  return sorted;
}

}  // namespace heapq
