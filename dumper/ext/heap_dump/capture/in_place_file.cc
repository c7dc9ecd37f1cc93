#include "capture/in_place_file.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "capture/clock.h"

namespace heap_dump {
namespace {

constexpr size_t kStackSize = 256 << 10;

// Makes a write to a closed pipe, or beyond a limit, an error for the calling
// thread, whatever the program does with these signals.
class QuietSignals {
 public:
  QuietSignals() {
    sigemptyset(&quiet_);
    sigaddset(&quiet_, SIGPIPE);
    sigaddset(&quiet_, SIGXFSZ);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &quiet_, &before_);
  }
  ~QuietSignals() {
    const timespec now = {0, 0};
    if (!was_pending_) {
      while (sigtimedwait(&quiet_, nullptr, &now) > 0) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  QuietSignals(const QuietSignals&) = delete;
  QuietSignals& operator=(const QuietSignals&) = delete;

 private:
  sigset_t quiet_;
  sigset_t before_;
  bool was_pending_ = false;
};

void Notify(int fd) {
  const uint64_t one = 1;
  if (write(fd, &one, sizeof(one)) < 0) {
    // Full: it is readable already.
  }
}

bool TakeNotice(int fd) {
  uint64_t count;
  ssize_t got;
  do {
    got = read(fd, &count, sizeof(count));
  } while (got < 0 && errno == EINTR);
  return got == sizeof(count);
}

bool IsStream(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return false;
  return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || isatty(fd) == 1;
}

}  // namespace

InPlaceFile* InPlaceFile::Start(const Request& request) {
  InPlaceFile* const file = new (std::nothrow) InPlaceFile;
  if (file == nullptr) return nullptr;
  if (!file->Prepare(request)) {
    delete file;
    return nullptr;
  }
  file->threaded_ = file->StartThread();
  return file;
}

bool InPlaceFile::Prepare(const Request& request) {
  // A longer path fails at its opening.
  if (request.path) strncpy(path_, request.path, sizeof(path_) - 1);
  fd_ = request.path ? -1 : request.fd;
  timeout_ms_ = request.timeout_ms;
  void* const pages = mmap(nullptr, 2 * kBufferSize, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return false;
  buffers_ = static_cast<char*>(pages);
  return true;
}

InPlaceFile::~InPlaceFile() {
  target_.Discard();
  target_.Close();
  if (buffers_) munmap(buffers_, 2 * kBufferSize);
  if (work_fd_ >= 0) close(work_fd_);
  if (done_fd_ >= 0) close(done_fd_);
}

bool InPlaceFile::StartThread() {
  work_fd_ = eventfd(0, EFD_CLOEXEC);
  done_fd_ = eventfd(0, EFD_CLOEXEC);
  if (work_fd_ < 0 || done_fd_ < 0) return false;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // The program's signals are for the program's own threads, and a closed pipe
  // is an error of write(2).
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, Serve, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error == 0;
}

void* InPlaceFile::Serve(void* self) {
  InPlaceFile* const file = static_cast<InPlaceFile*>(self);
  prctl(PR_SET_NAME, "heap_dump file", 0, 0, 0);
  while (TakeNotice(file->work_fd_) && !file->left_) {
    file->Perform();
    Notify(file->done_fd_);
  }
  delete file;
  return nullptr;
}

void InPlaceFile::Begin(Step step) {
  step_ = step;
  if (threaded_) {
    Notify(work_fd_);
    return;
  }
  QuietSignals quiet;
  Perform();
}

void InPlaceFile::Perform() {
  switch (step_) {
    case Step::kOpen:
      outcome_ = Open();
      break;
    case Step::kWrite:
      outcome_ = output_->Write(data_, size_) ? Outcome()
                                              : WriteOutcome(output_->error());
      break;
    case Step::kCommit:
      outcome_ = target_.Sync();
      if (outcome_.ok() && left_) outcome_ = {Code::kTimeout, 0};
      if (outcome_.ok()) outcome_ = target_.Commit();
      if (!outcome_.ok()) target_.Discard();
      break;
    case Step::kDiscard:
      target_.Discard();
      outcome_ = {};
      break;
  }
}

Outcome InPlaceFile::Open() {
  if (fd_ >= 0) {
    target_.UseDescriptor(fd_);
  } else {
    const Outcome outcome = target_.OpenPath(path_);
    if (!outcome.ok()) return outcome;
  }
  is_stream_ = IsStream(target_.fd());
  output_.emplace(target_.fd(), timeout_ms_, 0, 0, &used_);
  return {};
}

bool InPlaceFile::WaitUntilDone(int64_t deadline_ns) {
  if (!threaded_) return true;
  while (true) {
    int64_t left_ms = -1;
    if (deadline_ns > 0) {
      const int64_t left_ns = deadline_ns - MonotonicNs();
      left_ms = left_ns > 0 ? left_ns / kNsPerMs + 1 : 0;
    }
    pollfd done = {done_fd_, POLLIN, 0};
    const int ready =
        poll(&done, 1, static_cast<int>(std::min<int64_t>(left_ms, INT_MAX)));
    if (ready > 0) return TakeNotice(done_fd_);
    if (ready == 0 && left_ms <= INT_MAX) return false;
  }
}

void InPlaceFile::Leave() {
  if (!threaded_) {
    delete this;
    return;
  }
  left_ = true;
  Notify(work_fd_);
}

bool InPlaceOutput::Write(const char* data, size_t size) {
  if (error() != 0) return false;
  while (size > 0) {
    const size_t piece = std::min(size, InPlaceFile::kBufferSize - filled_);
    memcpy(file_->buffer(current_) + filled_, data, piece);
    filled_ += piece;
    data += piece;
    size -= piece;
    if (filled_ == InPlaceFile::kBufferSize && !Pass()) return false;
  }
  return true;
}

bool InPlaceOutput::Finish() {
  if (error() != 0) return false;
  return (filled_ == 0 || Pass()) && Written();
}

bool InPlaceOutput::Pass() {
  if (!Written()) return false;
  file_->SetData(file_->buffer(current_), filled_);
  Count(filled_);
  current_ = 1 - current_;
  filled_ = 0;
  writing_ = true;
  file_->Begin(InPlaceFile::Step::kWrite);
  return true;
}

bool InPlaceOutput::Written() {
  if (!WaitForLast()) return Fail(ETIMEDOUT);
  return file_->write_error() == 0 || Fail(file_->write_error());
}

bool InPlaceOutput::WaitForLast() {
  if (writing_ && !file_->WaitUntilDone(deadline_ns_)) return false;
  writing_ = false;
  return true;
}

}  // namespace heap_dump
