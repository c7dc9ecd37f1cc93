#ifndef HEAPQ_INDEXER_LOAD_MEMORY_BUDGET_H_
#define HEAPQ_INDEXER_LOAD_MEMORY_BUDGET_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "indexer/load/read_dump.h"

namespace heapq {

// Refuses a load that would take more memory than it may, as soon as that can
// be told, instead of leaving it to the kernel to end some process. What a
// load takes is what it takes now, grown by the share of the input that is
// still to be read, and what the stages after reading need for each object
// and each reference.
class MemoryBudget {
 public:
  // `limit`: bytes that this process may take; nullopt: what the machine and
  // the control groups have left, asked now and then; 0: any amount.
  MemoryBudget(std::string input, std::optional<uint64_t> limit);

  // While reading. kResourceExhausted: too much, with the figures and what to
  // do about it.
  absl::Status Check(const ReadTally& tally);
  // When everything was read.
  absl::Status CheckWhole(uint64_t objects, uint64_t edges);

 private:
  uint64_t Allowed(uint64_t resident);
  absl::Status Refused(uint64_t needed, uint64_t allowed,
                       const std::string& of) const;

  const std::string input_;
  const std::optional<uint64_t> limit_;
  const uint64_t resident_before_;  // of this process, when it was made
  // What was left when it was asked last, and what the process took then.
  uint64_t allowed_ = 0;
  uint64_t resident_when_asked_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_MEMORY_BUDGET_H_
