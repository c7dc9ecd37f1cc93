#ifndef HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_
#define HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_

#include <ostream>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "cli/output/fd_stream.h"

namespace heapq {

// Calls `write` with a stream to `path`, which -o named, or with `otherwise`
// if `path` is empty or "-". A regular file is replaced when the content is
// complete; a FIFO, a device and an open descriptor (/dev/fd/3) are written
// through as they are. Errors: those of `write`; those of AtomicFile and
// OpenThrough; kResourceExhausted and kUnavailable for a failed write. A
// regular file is unchanged then. `progress` is called if `path` is written.
absl::Status WriteOutput(const std::string& path, std::ostream* otherwise,
                         absl::FunctionRef<absl::Status(std::ostream*)> write,
                         const FdStream::Progress& progress = nullptr);

// Tells whether WriteOutput(path, otherwise, …) would write to a terminal.
bool WritesToTerminal(const std::string& path, bool otherwise_is_terminal);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_OUTPUT_FILE_H_
