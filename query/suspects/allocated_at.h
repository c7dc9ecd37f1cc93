#ifndef HEAPQ_QUERY_SUSPECTS_ALLOCATED_AT_H_
#define HEAPQ_QUERY_SUSPECTS_ALLOCATED_AT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/allocations/allocation_profile.h"
#include "query/suspects/candidate.h"
#include "query/suspects/path_tree.h"

namespace heapq {

// The line that allocated most of what an accumulation holds, by samples.
struct AllocatedAt {
  AllocationFrame site;  // the application's line that is nearest
  double share = 0;      // of the sampled bytes of the accumulation; 0 to 1
  uint64_t samples = 0;  // of this line
  std::vector<AllocationFrame> stack;  // the most frequent one, innermost first

  // "app/shop.rb:12 in Shop#add (91 %, 48 samples)".
  std::string Text() const;
};

// nullopt: too few samples to say.
std::optional<AllocatedAt> AllocatedAtOf(const AllocationProfile& profile,
                                         const PathTree& tree,
                                         const Candidate& candidate);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_ALLOCATED_AT_H_
