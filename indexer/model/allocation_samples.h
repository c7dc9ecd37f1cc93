#ifndef HEAPQ_INDEXER_MODEL_ALLOCATION_SAMPLES_H_
#define HEAPQ_INDEXER_MODEL_ALLOCATION_SAMPLES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace heapq {

// Sampled allocations of objects that were alive when the dump was taken:
// docs/reference/format.md §7.
struct AllocationSamples {
  struct Frame {
    std::string file;
    uint32_t line = 0;
    std::string method;  // "block in Shop#add"
  };
  struct Sample {
    uint64_t address = 0;
    uint32_t stack = 0;
    uint32_t generation = 0;  // the count of collections at the allocation
    uint64_t weight = 0;      // allocations that it stands for
  };

  std::vector<Frame> frames;
  // Stack s is the index range [stack_begin[s], stack_begin[s + 1]) of
  // stack_frames, numbers in `frames`, innermost first.
  std::vector<uint32_t> stack_begin{0};
  std::vector<uint32_t> stack_frames;
  std::vector<Sample> samples;

  uint32_t stack_count() const {
    return static_cast<uint32_t>(stack_begin.size()) - 1;
  }
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_ALLOCATION_SAMPLES_H_
