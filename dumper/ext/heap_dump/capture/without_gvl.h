#ifndef HEAP_DUMP_CAPTURE_WITHOUT_GVL_H_
#define HEAP_DUMP_CAPTURE_WITHOUT_GVL_H_

#include <cstdint>

namespace heap_dump {

// Calls `work(data)` exactly once, without the GVL. An interrupt of the calling
// thread that waits already is handled first, and does not keep the call from
// being made. Returns the state of rb_protect: not 0 if Ruby code, for example
// a signal handler of the program, raised.
int RunWithoutGvl(void (*work)(void*), void* data);

// Waits without the GVL until a descriptor becomes readable. Signal handlers of
// the program run meanwhile.
class Wait {
 public:
  explicit Wait(int fd);
  ~Wait();
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // Returns the state of rb_protect: not 0 if the thread was interrupted by an
  // exception or by its end. `deadline_ns` is of MonotonicNs, 0: no limit;
  // `late` says that it passed.
  int UntilReadable(int64_t deadline_ns, bool* late);

 private:
  static void* Poll(void* self);
  static void Wake(void* self);

  const int fd_;
  int wake_fd_ = -1;
  int64_t deadline_ns_ = 0;
  bool readable_ = false;
  bool late_ = false;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_WITHOUT_GVL_H_
