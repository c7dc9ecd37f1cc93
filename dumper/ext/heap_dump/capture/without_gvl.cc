#include "capture/without_gvl.h"

#include <limits.h>
#include <poll.h>
#include <ruby.h>
#include <ruby/thread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "capture/clock.h"

namespace heap_dump {
namespace {

struct Call {
  void (*work)(void*);
  void* data;
  bool done;
};

void* Run(void* argument) {
  Call* const call = static_cast<Call*>(argument);
  call->work(call->data);
  call->done = true;
  return nullptr;
}

VALUE CheckInterrupts(VALUE) {
  rb_thread_check_ints();
  return Qnil;
}

}  // namespace

int RunWithoutGvl(void (*work)(void*), void* data) {
  Call call{work, data, false};
  int raised = 0;
  while (true) {
    // Does nothing if an interrupt waits.
    rb_thread_call_without_gvl2(Run, &call, nullptr, nullptr);
    if (call.done) return raised;
    int state = 0;
    rb_protect(CheckInterrupts, 0, &state);
    if (state != 0) raised = state;
  }
}

Wait::Wait(int fd) : fd_(fd) {
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Wait::~Wait() {
  if (wake_fd_ >= 0) close(wake_fd_);
}

int Wait::UntilReadable(int64_t deadline_ns, bool* late) {
  deadline_ns_ = deadline_ns;
  readable_ = late_ = false;
  int state = 0;
  while (!readable_ && !late_ && state == 0) {
    // Wake may run in a signal handler. Without the flag Ruby 3.1 starts a
    // thread for it each time, and with GC.stress the collection that this
    // takes causes an interrupt, which keeps Poll from running, over and over.
    rb_nogvl(Poll, this, Wake, this,
             RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE);
    if (!readable_) rb_protect(CheckInterrupts, 0, &state);
  }
  *late = late_;
  return state;
}

void* Wait::Poll(void* self) {
  Wait* const wait = static_cast<Wait*>(self);
  pollfd fds[] = {{wait->fd_, POLLIN, 0}, {wait->wake_fd_, POLLIN, 0}};
  int64_t left_ms = -1;
  if (wait->deadline_ns_ > 0) {
    const int64_t left_ns = wait->deadline_ns_ - MonotonicNs();
    left_ms = left_ns > 0 ? left_ns / kNsPerMs + 1 : 0;
  }
  const int ready =
      poll(fds, 2, static_cast<int>(std::min<int64_t>(left_ms, INT_MAX)));
  if (ready == 0 && left_ms >= 0 && left_ms <= INT_MAX) wait->late_ = true;
  if (ready > 0 && fds[0].revents != 0) wait->readable_ = true;
  if (ready > 0 && fds[1].revents != 0) {
    uint64_t count;
    if (read(wait->wake_fd_, &count, sizeof(count)) < 0) {
      // Another wake-up was read together with this one.
    }
  }
  return nullptr;
}

// Called by other threads and in signal handlers.
void Wait::Wake(void* self) {
  const uint64_t one = 1;
  if (write(static_cast<Wait*>(self)->wake_fd_, &one, sizeof(one)) < 0) {
    // Full: it wakes up already.
  }
}

}  // namespace heap_dump
