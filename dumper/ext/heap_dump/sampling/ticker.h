#ifndef HEAP_DUMP_SAMPLING_TICKER_H_
#define HEAP_DUMP_SAMPLING_TICKER_H_

#include <atomic>
#include <cstdint>

namespace heap_dump {

// Calls a function at an interval, in a native thread that Ruby does not know:
// it needs no GVL, and asks for jobs at safe points of the program's own
// threads. In a thread of Ruby's, such a job would wait for that thread.
class Ticker {
 public:
  explicit Ticker(void (*tick)()) : tick_(tick) {}

  // Also in a forked process, where the thread is missing. Gives 0 or an errno.
  int Start(uint64_t interval_ms);
  // After it, `tick` is not running and will not be called.
  void Stop();

 private:
  enum class State { kWaiting, kTicking, kStopped };

  static void* Run(void* self);
  void Loop(uint32_t epoch);

  void (*const tick_)();
  std::atomic<uint64_t> interval_ms_{0};
  std::atomic<State> state_{State::kStopped};
  // The number of the thread that ticks. A thread with another number ends.
  std::atomic<uint32_t> epoch_{0};
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_TICKER_H_
