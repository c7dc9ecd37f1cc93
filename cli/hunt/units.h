#ifndef HEAPQ_CLI_HUNT_UNITS_H_
#define HEAPQ_CLI_HUNT_UNITS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace heapq {

// Reads "60s", "5m", "1h30m"; a bare number is seconds. Errors:
// kInvalidArgument.
absl::StatusOr<absl::Duration> ParseWait(const std::string& text);

// Reads "200MB", "+1.5GB", "64MiB"; a bare number is bytes. Errors:
// kInvalidArgument.
absl::StatusOr<uint64_t> ParseGrowth(const std::string& text);

}  // namespace heapq

#endif  // HEAPQ_CLI_HUNT_UNITS_H_
