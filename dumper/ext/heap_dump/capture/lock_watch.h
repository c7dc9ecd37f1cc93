#ifndef HEAP_DUMP_CAPTURE_LOCK_WATCH_H_
#define HEAP_DUMP_CAPTURE_LOCK_WATCH_H_

#include <sys/types.h>

#include <cstddef>

namespace heap_dump {

// Finds out whether the copy of a process waits for a lock. It has one thread
// and shares no lock, so nothing ends such a wait: the lock belonged to a
// thread that was not copied.
class LockWatch {
 public:
  // Nanoseconds between two looks.
  static constexpr long kIntervalNs = 1000L * 1000 * 1000;

  explicit LockWatch(pid_t pid) : pid_(pid) {}

  // Looks at the copy's system call in /proc. True if it was the same futex(2)
  // call, with the same stack pointer, at three looks in a row. False where
  // /proc does not show it; the timeout of the dump ends the wait then.
  bool Hangs();

 private:
  static constexpr int kLooks = 3;
  static constexpr size_t kMostBytes = 256;

  const pid_t pid_;
  // The call at the last look, as /proc prints it.
  char last_[kMostBytes] = {};
  int looks_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_LOCK_WATCH_H_
