#ifndef HEAPQ_CLI_APP_APP_H_
#define HEAPQ_CLI_APP_APP_H_

#include "cli/app/session.h"

namespace heapq {

// The whole program but for the process round it. `argv` as main gets it.
// Writes answers to streams.out, and on failure one line to streams.err.
ExitCode RunHeapq(int argc, const char* const* argv,
                  const Session::Streams& streams);

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_APP_H_
