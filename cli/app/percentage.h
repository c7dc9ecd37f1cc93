#ifndef HEAPQ_CLI_APP_PERCENTAGE_H_
#define HEAPQ_CLI_APP_PERCENTAGE_H_

#include <string>

#include "absl/status/statusor.h"

namespace heapq {

// A share in [0, 1] as people type it: "10%" or "0.1". Anything else is a
// mistake of usage.
absl::StatusOr<double> ParseShare(const std::string& text);

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_PERCENTAGE_H_
