#ifndef HEAPQ_QUERY_ALLOCATIONS_ALLOCATION_PROFILE_H_
#define HEAPQ_QUERY_ALLOCATIONS_ALLOCATION_PROFILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// A line of code that was on the stack of an allocation.
struct AllocationFrame {
  std::string file;
  uint32_t line = 0;
  std::string method;  // "block in Shop#add"

  // "app/shop.rb:12 in Shop#add".
  std::string Text() const;
};

// Live objects by where they were allocated, estimated from samples: a sample
// stands for `weight` objects of its size.
struct AllocationSite {
  uint32_t frame = 0;
  uint64_t samples = 0;
  uint64_t count = 0;  // estimated objects
  uint64_t size = 0;   // estimated shallow bytes
};

// The sampled allocations of a heap.db and their stacks.
class AllocationProfile {
 public:
  struct Sample {
    uint32_t object = 0;
    uint32_t stack = 0;  // 0: not known
    uint32_t path = 0;   // row of `paths`; 0: none
    uint64_t weight = 0;
    uint64_t size = 0;  // shallow bytes of the object
  };

  // Reads all samples, some ten thousand at most. A dump without samples has an
  // empty profile. Errors: kDataLoss where stacks go in a circle.
  static absl::StatusOr<AllocationProfile> Read(HeapDb* db);

  bool empty() const { return samples_.empty(); }
  const std::vector<Sample>& samples() const { return samples_; }
  const AllocationFrame& frame(uint32_t number) const {
    return frames_[number];
  }
  size_t frame_count() const { return frames_.size(); }
  // Numbers of frames, innermost first.
  std::vector<uint32_t> FramesOf(uint32_t stack) const;

  // The sites of the samples that `wanted` accepts, most bytes first. The site
  // of a stack is its innermost frame that `prefers` accepts, else the
  // innermost one.
  using WantsSample = std::function<bool(const Sample&)>;
  using PrefersFrame = std::function<bool(const AllocationFrame&)>;
  std::vector<AllocationSite> Sites(const WantsSample& wanted,
                                    const PrefersFrame& prefers) const;

 private:
  struct Stack {
    uint32_t caller = 0;  // 0: none
    uint32_t frame = 0;
  };

  absl::Status ReadFrames(HeapDb* db);
  absl::Status ReadStacks(HeapDb* db);
  absl::Status ReadSamples(HeapDb* db);

  std::vector<AllocationFrame> frames_;  // [0] unused
  std::vector<Stack> stacks_;            // [0] unused
  std::vector<Sample> samples_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_ALLOCATIONS_ALLOCATION_PROFILE_H_
