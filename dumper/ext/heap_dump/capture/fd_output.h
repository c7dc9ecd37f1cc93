#ifndef HEAP_DUMP_CAPTURE_FD_OUTPUT_H_
#define HEAP_DUMP_CAPTURE_FD_OUTPUT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "util/output.h"

namespace heap_dump {

// Writes to a file, pipe or socket, blocking or not. Gives up with ETIMEDOUT
// when the time is over, with ESRCH when the dumped process has ended.
class TargetOutput : public Output {
 public:
  // `timeout_ms` counts from now, 0: no limit. `bytes_per_second`: the rate
  // that writing is kept to, 0: as fast as it goes. `watched_parent`: the
  // process whose child this one is to stay, or 0. `used` is set to 1 before
  // the first byte is written.
  TargetOutput(int fd, int64_t timeout_ms, uint64_t bytes_per_second,
               pid_t watched_parent, volatile int32_t* used);

  bool Write(const char* data, size_t size) override;

 private:
  bool GoOn();
  bool WaitUntilWritable();
  // Waits until what was written so far is within the rate.
  bool KeepToRate();
  void WriteBehind(size_t bytes);

  const int fd_;
  const int64_t began_ns_;
  const int64_t deadline_ns_;
  const uint64_t bytes_per_second_;
  const pid_t watched_parent_;
  volatile int32_t* const used_;
  // A blocking pipe could hold us up for longer than the time that is left:
  // it gets small pieces, each after a look whether it would block.
  const bool small_pieces_;
  // The file is synced in the end, so the disk works while the heap is walked.
  // Not in the program itself, which stands still meanwhile and would have to
  // wait for a disk that is busy.
  const bool write_behind_;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_FD_OUTPUT_H_
