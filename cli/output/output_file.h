#ifndef HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_
#define HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_

#include <ostream>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace heapq {

// Has `write` write an answer: to `path`, which takes its place when it is
// whole, or to `otherwise` if `path` is empty. Errors: those of `write`;
// kUnavailable and kResourceExhausted, and `path` is as it was.
absl::Status WriteOutput(const std::string& path, std::ostream* otherwise,
                         absl::FunctionRef<absl::Status(std::ostream*)> write);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_
