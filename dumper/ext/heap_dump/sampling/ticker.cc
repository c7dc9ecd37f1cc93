#include "sampling/ticker.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace heap_dump {
namespace {

constexpr size_t kStackSize = 256 << 10;
// How long Stop waits for a tick, which takes microseconds. In a forked process
// it may be one of a thread that is not there.
constexpr int kStopTries = 200;

void Sleep(uint64_t ms) {
  const timespec pause = {static_cast<time_t>(ms / 1000),
                          static_cast<long>(ms % 1000 * 1000000)};
  nanosleep(&pause, nullptr);
}

}  // namespace

void* Ticker::Run(void* self) {
  auto* const ticker = static_cast<Ticker*>(self);
  ticker->Loop(ticker->epoch_);
  return nullptr;
}

void Ticker::Loop(uint32_t epoch) {
  while (epoch_ == epoch) {
    Sleep(interval_ms_);
    if (epoch_ != epoch) return;
    State waiting = State::kWaiting;
    if (!state_.compare_exchange_strong(waiting, State::kTicking)) return;
    tick_();
    state_ = State::kWaiting;
  }
}

int Ticker::Start(uint64_t interval_ms) {
  Stop();
  interval_ms_ = interval_ms;
  ++epoch_;
  state_ = State::kWaiting;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // The program's signals are for its own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, Run, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

void Ticker::Stop() {
  for (int i = 0; i < kStopTries; ++i) {
    State waiting = State::kWaiting;
    if (state_.compare_exchange_strong(waiting, State::kStopped)) return;
    if (waiting == State::kStopped) return;
    Sleep(1);
  }
  state_ = State::kStopped;
}

}  // namespace heap_dump
