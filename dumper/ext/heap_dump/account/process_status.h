#ifndef HEAP_DUMP_ACCOUNT_PROCESS_STATUS_H_
#define HEAP_DUMP_ACCOUNT_PROCESS_STATUS_H_

#include <sys/types.h>

#include <cstdint>

namespace heap_dump {

// Of /proc/PID/status and /proc/PID/stat. Bytes; 0 where the kernel does not
// say.
struct ProcessStatus {
  uint64_t rss = 0;
  uint64_t peak_rss = 0;
  uint64_t anonymous = 0;
  uint64_t files = 0;
  uint64_t shared = 0;
  uint64_t swapped = 0;
  uint64_t virtual_size = 0;
  uint64_t threads = 0;
  uint64_t age_seconds = 0;  // since the process started
};

// False if the files cannot be read. Uses no malloc.
bool ReadProcessStatus(pid_t pid, ProcessStatus* status);

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_PROCESS_STATUS_H_
