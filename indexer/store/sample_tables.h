#ifndef HEAPQ_INDEXER_STORE_SAMPLE_TABLES_H_
#define HEAPQ_INDEXER_STORE_SAMPLE_TABLES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "indexer/heap/heap.h"
#include "indexer/model/allocation_samples.h"
#include "indexer/sqlite/connection.h"

namespace heapq {

// The sampled allocations of one heap, by object.
class SampleTables {
 public:
  // `samples` may be null and must outlive it. A sample of an object that the
  // heap does not have is left out.
  SampleTables(const Heap& heap, const AllocationSamples* samples);

  // The sampled objects, ascending.
  const std::vector<ObjectId>& objects() const { return objects_; }

  // Writes allocation_frames, allocation_stacks and allocation_samples.
  // `paths`: the row of `paths` for each of objects(); 0: none.
  absl::Status Write(Connection* connection,
                     const std::vector<uint32_t>& paths) const;

 private:
  absl::Status WriteFrames(Connection* connection) const;

  const AllocationSamples* const samples_;
  std::vector<ObjectId> objects_;
  std::vector<uint32_t> sample_of_;  // index in samples_->samples, by object
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_SAMPLE_TABLES_H_
