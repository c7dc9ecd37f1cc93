#ifndef HEAPQ_INDEXER_LOAD_MEMORY_LIMIT_H_
#define HEAPQ_INDEXER_LOAD_MEMORY_LIMIT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "indexer/load/memory_estimate.h"
#include "indexer/read/read_dump.h"

namespace heapq {

// Refuses a load that would take more memory than it may, as soon as that can
// be told, instead of leaving it to the kernel to end some process.
class MemoryLimit {
 public:
  // `limit`: bytes that this process may take; nullopt: what the machine and
  // the control groups have left, asked now and then; 0: any amount.
  MemoryLimit(std::string input, std::optional<uint64_t> limit);

  // While reading. kResourceExhausted: too much, with the figures and what to
  // do about it.
  absl::Status Check(const ReadTally& tally);
  // When everything was read: nothing is in doubt any more.
  absl::Status CheckWhole(const ReadTally& tally);

 private:
  uint64_t Allowed(uint64_t resident);
  // kResourceExhausted: what the load adds to the process is out of proportion
  // to the bytes of the file it came from, and the user set no limit.
  // `needed`: bytes that the whole process takes.
  absl::Status CheckProportion(const ReadTally& tally, uint64_t needed) const;
  // `takes`: bytes; `of`: the source of that figure.
  absl::Status Refused(const std::string& takes, uint64_t allowed,
                       const std::string& of) const;

  const std::string input_;
  const std::optional<uint64_t> limit_;
  // Bytes that the process took before the load.
  const uint64_t before_;
  MemoryEstimate forecast_;
  // The memory that was left, and that the process had, at the last check.
  uint64_t allowed_ = 0;
  uint64_t resident_when_asked_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_MEMORY_LIMIT_H_
