#include "capture/fd_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "capture/clock.h"

namespace heap_dump {
namespace {

// How long to wait for a reader before the parent is looked after again.
constexpr int64_t kLongestWaitMs = 500;
// More in one write than a look at the deadline is worth; on a slow disk a
// fraction of a second.
constexpr size_t kLargestWrite = 1 << 20;
// At a given rate: writes in a second, so that it is kept evenly.
constexpr uint64_t kPiecesPerSecond = 20;
// The kernel is asked to start writing to disk after so many bytes.
constexpr uint64_t kWriteBehind = 8 << 20;

bool IsRegular(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

bool MayBlockLong(int fd) {
  struct stat info;
  const int flags = fcntl(fd, F_GETFL);
  return fstat(fd, &info) == 0 && !S_ISREG(info.st_mode) &&
         !S_ISBLK(info.st_mode) && flags >= 0 && !(flags & O_NONBLOCK);
}

}  // namespace

TargetOutput::TargetOutput(int fd, int64_t timeout_ms,
                           uint64_t bytes_per_second, pid_t watched_parent,
                           volatile int32_t* used)
    : fd_(fd),
      began_ns_(MonotonicNs()),
      deadline_ns_(timeout_ms > 0 ? began_ns_ + timeout_ms * kNsPerMs : 0),
      bytes_per_second_(bytes_per_second),
      watched_parent_(watched_parent),
      used_(used),
      small_pieces_(MayBlockLong(fd)),
      write_behind_(watched_parent != 0 && IsRegular(fd)) {}

bool TargetOutput::Write(const char* data, size_t size) {
  if (error() != 0) return false;
  while (size > 0) {
    if (!GoOn() || !KeepToRate()) return false;
    if (small_pieces_ && !WaitUntilWritable()) return false;
    size_t piece =
        std::min<size_t>(size, small_pieces_ ? PIPE_BUF : kLargestWrite);
    if (bytes_per_second_ > 0) {
      piece = std::min<size_t>(
          piece, std::max<uint64_t>(bytes_per_second_ / kPiecesPerSecond, 1));
    }
    *used_ = 1;
    const ssize_t written = write(fd_, data, piece);
    if (written > 0) {
      data += written;
      size -= written;
      WriteBehind(written);
      Count(written);
    } else if (written < 0 && errno == EAGAIN) {
      if (!WaitUntilWritable()) return false;
    } else if (written < 0 && errno != EINTR) {
      return Fail(errno);
    }
  }
  return true;
}

// Only a hint: the sync at the end shows whether the bytes arrived.
void TargetOutput::WriteBehind(size_t bytes) {
  if (write_behind_ &&
      total() / kWriteBehind != (total() + bytes) / kWriteBehind) {
    sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  }
}

bool TargetOutput::GoOn() {
  if (watched_parent_ != 0 && getppid() != watched_parent_) return Fail(ESRCH);
  if (deadline_ns_ != 0 && MonotonicNs() > deadline_ns_) return Fail(ETIMEDOUT);
  return true;
}

bool TargetOutput::KeepToRate() {
  if (bytes_per_second_ == 0) return true;
  const int64_t due_ns =
      began_ns_ + static_cast<int64_t>(1e9 * static_cast<double>(total()) /
                                       static_cast<double>(bytes_per_second_));
  for (int64_t left_ns = due_ns - MonotonicNs(); left_ns > 0;
       left_ns = due_ns - MonotonicNs()) {
    const int64_t wait_ns = std::min(left_ns, kLongestWaitMs * kNsPerMs);
    const timespec wait = {static_cast<time_t>(wait_ns / kNsPerSecond),
                           static_cast<long>(wait_ns % kNsPerSecond)};
    nanosleep(&wait, nullptr);
    if (!GoOn()) return false;
  }
  return true;
}

bool TargetOutput::WaitUntilWritable() {
  while (true) {
    if (!GoOn()) return false;
    int64_t wait_ms = kLongestWaitMs;
    if (deadline_ns_ != 0) {
      wait_ms =
          std::min(wait_ms, (deadline_ns_ - MonotonicNs()) / kNsPerMs + 1);
    }
    pollfd writable = {fd_, POLLOUT, 0};
    const int ready =
        poll(&writable, 1, static_cast<int>(std::max<int64_t>(wait_ms, 0)));
    // The write that follows reports an error or a hang-up.
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return Fail(errno);
  }
}

}  // namespace heap_dump
