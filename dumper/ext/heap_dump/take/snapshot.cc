#include "take/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <new>

#include "arena.h"
#include "heap_pages.h"
#include "layout.h"
#include "take/child_signals.h"
#include "take/clock.h"
#include "take/write_dump.h"

namespace heap_dump {
namespace {

// A write to a closed pipe, or beyond a limit, shall be an error, whatever
// the program does with these signals; for the calling thread, for a while.
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

}  // namespace

Snapshot::~Snapshot() { Abandon(); }

Outcome Snapshot::Begin(const Request& request) {
  Outcome outcome = Prepare(request);
  if (!outcome.ok()) return outcome;
  // Both processes have them until they leave this function.
  Arena arena;
  HeapPages pages(&arena);
  if (request.gather_first) {
    const int64_t start = MonotonicNs();
    pages.Gather();
    ReserveForWalk();
    if (!arena.failed()) request_.walk.pages = &pages;
    gather_ns_ = MonotonicNs() - start;
  }
  if (request.mode == Mode::kInPlace) {
    WriteInPlace();
    return outcome;
  }
  outcome = Clone();
  if (is_child()) RunChild();
  if (outcome.code != Code::kCloneRefused) return outcome;
  if (!request.in_place_allowed) {
    Abandon();
    return outcome;
  }
  snprintf(fallback_, sizeof(fallback_),
           "in place, as the system refused a process: %s",
           strerror(outcome.detail));
  request_.walk.fallback = fallback_;
  WriteInPlace();
  return {};
}

Outcome Snapshot::Prepare(const Request& request) {
  Abandon();
  request_ = request;
  owner_ = getpid();
  written_in_place_ = false;
  request_.walk.pid = owner_;
  request_.walk.pages = nullptr;
  gather_ns_ = 0;
  mode_ = request.mode;
  fallback_[0] = '\0';
  if (request.without_layout) {
    snprintf(fallback_, sizeof(fallback_), "%s", request.without_layout);
    request_.walk.fallback = fallback_;
  }
  target_unchanged_ = true;
  death_ = {};
  stop_ns_ = 0;
#ifndef HAVE_ZSTD
  if (request.compression == Compression::kZstd) {
    return {Code::kNoCompression, 0};
  }
#endif
  void* page = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return {Code::kNoMemory, errno};
  report_ = new (page) Report;
  Outcome outcome;
  if (request.path) {
    outcome = target_.OpenPath(request.path);
  } else {
    target_.UseDescriptor(request.fd);
  }
  if (!outcome.ok()) Release();
  return outcome;
}

Outcome Snapshot::Clone() {
  const Outcome outcome = child_.Start(mode_);
  if (!outcome.ok() || is_child()) return outcome;
  stop_ns_ = gather_ns_ + child_.stop_ns();
  // A worker that the program forks meanwhile has no use for it.
  madvise(report_, sizeof(Report), MADV_DONTFORK);
  return {};
}

void Snapshot::RunChild() {
  const pid_t parent = getppid();
  InstallChildSignals(&target_, report_, request_.timeout_ms);
  const int kept[] = {target_.fd(), target_.folder_fd(), child_.life_fd()};
  SettleInChild(kept, 3);
  request_.walk.mode = ModeName(mode_);
  if (request_.without_layout) LeaveOutLayout();
  Outcome outcome = WriteDump(request_, target_.fd(), parent, report_);
  if (outcome.ok()) outcome = target_.Sync();
  HoldChildSignals();
  if (outcome.ok()) outcome = target_.Commit();
  if (!outcome.ok()) target_.Discard();
  report_->outcome = outcome;
  report_->done = 1;
  LeaveChild(0);
}

void Snapshot::WriteInPlace() {
  const int64_t start = MonotonicNs();
  mode_ = Mode::kInPlace;
  request_.walk.mode = ModeName(mode_);
  QuietSignals quiet;
  report_->outcome = WriteDump(request_, target_.fd(), 0, report_);
  written_in_place_ = true;
  stop_ns_ = gather_ns_ + MonotonicNs() - start;
}

void Snapshot::Complete() {
  if (child_.running()) death_ = child_.Reap();
  if (!written_in_place_ || report_->done) return;
  if (report_->outcome.ok()) report_->outcome = target_.Sync();
  if (report_->outcome.ok()) report_->outcome = target_.Commit();
  report_->done = 1;
}

Outcome Snapshot::Finish() {
  if (report_ == nullptr || Inherited()) {
    Abandon();
    return {Code::kNothingTaken, 0};
  }
  Complete();
  return Settle();
}

bool Snapshot::TryFinish(Outcome* outcome) {
  if (report_ == nullptr || Inherited()) {
    Abandon();
    *outcome = {Code::kNothingTaken, 0};
    return true;
  }
  if (!child_.TryReap(&death_)) return false;
  *outcome = Settle();
  return true;
}

Outcome Snapshot::Settle() {
  Outcome outcome;
  if (report_->done) {
    outcome = report_->outcome;
  } else if (!death_.ok()) {
    outcome = death_;
  } else {
    outcome = {Code::kChildKilled, 0};
  }
  if (!outcome.ok()) target_.Discard();
  target_unchanged_ = target_.temporary() || !report_->target_used;
  target_.Close();
  return outcome;
}

bool Snapshot::Inherited() const { return owner_ != getpid(); }

void Snapshot::Abandon() {
  if (report_ == nullptr) return;
  if (Inherited()) {
    // The mapping was not inherited.
    report_ = nullptr;
    child_.Forget();
    target_.Close();
    return;
  }
  child_.Kill();
  child_.Reap();
  if (!report_->done || !report_->outcome.ok()) target_.Discard();
  Release();
}

void Snapshot::Release() {
  target_.Close();
  if (report_) munmap(report_, sizeof(Report));
  report_ = nullptr;
}

}  // namespace heap_dump
