#include "capture/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "account/control_group.h"
#include "capture/child_signals.h"
#include "capture/file_target.h"
#include "capture/reaper.h"
#include "capture/ruby_free.h"
#include "capture/write_dump.h"
#include "layout/layout.h"
#include "ruby/heap_pages.h"
#include "util/arena.h"

namespace heap_dump {
namespace {

// A refusal of clone(2) as such, by a filter or an emulator, which fork(2) may
// escape. A limit on processes or memory holds for both.
bool RefusesOnlyClone(int error) {
  return error == EPERM || error == EACCES || error == ENOSYS ||
         error == EINVAL;
}

}  // namespace

Snapshot::~Snapshot() { Abandon(); }

Outcome Snapshot::Begin(const Request& request) {
  Outcome outcome = Prepare(request);
  if (!outcome.ok()) return outcome;
  // Both processes have them until they leave this function.
  Arena arena;
  HeapPages pages(&arena);
  if (request.gather_first) {
    ReserveForWalk();
    if (request.walk.selection == Selection::kEverything) {
      pages.Gather();
      if (!arena.failed()) request_.walk.pages = &pages;
    }
  }
  outcome = Clone();
  if (is_child()) RunChild();
  if (!outcome.ok()) Abandon();
  return outcome;
}

Outcome Snapshot::Prepare(const Request& request) {
  Abandon();
  request_ = request;
  owner_ = getpid();
  request_.walk.pid = owner_;
  request_.walk.pages = nullptr;
  mode_ = request.mode;
  fallback_[0] = '\0';
  if (request.reason) {
    snprintf(fallback_, sizeof(fallback_), "%s", request.reason);
    request_.walk.fallback = fallback_;
  }
  target_unchanged_ = true;
  death_ = {};
#ifndef HAVE_ZSTD
  if (request.compression == Compression::kZstd) {
    return {Code::kNoCompression, 0};
  }
#endif
  void* page = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return {Code::kNoMemory, errno};
  report_ = new (page) Report;
  return {};
}

Outcome Snapshot::Clone() {
  Outcome outcome = child_.Start(mode_);
  if (outcome.code == Code::kCloneRefused && mode_ == Mode::kClone &&
      request_.fallback == Fallback::kFork &&
      RefusesOnlyClone(outcome.detail)) {
    UseFork(outcome.detail);
    outcome = child_.Start(mode_);
  }
  if (!outcome.ok() || is_child()) return outcome;
  // A worker that the program forks meanwhile has no use for it.
  madvise(report_, sizeof(Report), MADV_DONTFORK);
  return {};
}

void Snapshot::UseFork(int error) {
  const size_t length = strlen(fallback_);
  snprintf(fallback_ + length, sizeof(fallback_) - length,
           "%sby fork, as the system refused clone: %s", length > 0 ? "; " : "",
           strerror(error));
  request_.walk.fallback = fallback_;
  mode_ = Mode::kFork;
}

void Snapshot::RunChild() {
  const pid_t parent = getppid();
  FileTarget target(&report_->leftover);
  InstallChildSignals(&target, report_, request_.timeout_ms);
  const int kept[] = {request_.path ? -1 : request_.fd, child_.life_fd()};
  SettleInChild(kept, 2);
  DisableRubyFree();
  LetHostRunFirst();
  request_.walk.mode = ModeName(mode_);
  request_.walk.stop_ns = &report_->stop_ns;
  if (DiesWithItsGroup(report_->warning, sizeof(report_->warning))) {
    request_.walk.warning = report_->warning;
  }
  if (request_.without_layout) LeaveOutLayout();
  Outcome outcome;
  if (request_.path) {
    outcome = target.OpenPath(request_.path);
  } else {
    target.UseDescriptor(request_.fd);
  }
  if (outcome.ok()) {
    outcome = WriteDump(request_, target.fd(), parent, report_);
  }
  if (outcome.ok()) outcome = target.Sync();
  HoldChildSignals();
  if (outcome.ok() && report_->given_up) outcome = {Code::kTimeout, 0};
  if (outcome.ok()) outcome = target.Commit();
  if (!outcome.ok()) target.Discard();
  report_->outcome = outcome;
  report_->done = 1;
  LeaveChild(0);
}

bool Snapshot::Complete(int64_t limit_ms) {
  if (!child_.ReapWithin(limit_ms, &death_)) return false;
  RemoveLeftover(&report_->leftover);
  return true;
}

pid_t Snapshot::GiveUp(int64_t limit_ms) {
  if (report_ == nullptr || !child_.running()) return 0;
  report_->given_up = 1;
  AskToEnd(child_.pid());
  if (Complete(limit_ms)) return 0;
  const pid_t writer = child_.pid();
  ReapLater(writer, child_.Detach(), report_);
  report_ = nullptr;
  return writer;
}

Outcome Snapshot::Finish() {
  if (report_ == nullptr || Inherited()) {
    Abandon();
    return {Code::kNothingTaken, 0};
  }
  return Settle();
}

void Snapshot::AwaitEnd(int64_t limit_ms) {
  child_.ReapWithin(limit_ms, &death_);
}

bool Snapshot::TryFinish(Outcome* outcome) {
  if (report_ == nullptr || Inherited()) {
    Abandon();
    *outcome = {Code::kNothingTaken, 0};
    return true;
  }
  if (!child_.TryReap(&death_)) return false;
  if (report_->leftover.name[0] != '\0') {
    // The writer was killed. Its successor removes its file, and the outcome
    // stays that of the writer.
    RemoveLeftoverInCopy();
    if (child_.running()) return false;
    RemoveLeftover(&report_->leftover);
  }
  *outcome = Settle();
  return true;
}

void Snapshot::RemoveLeftoverInCopy() {
  child_.Start(mode_);
  if (!child_.is_child()) return;
  InstallChildSignals(nullptr, report_, 0);
  const int kept[] = {child_.life_fd()};
  SettleInChild(kept, 1);
  RemoveLeftover(&report_->leftover);
  _exit(0);
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
  target_unchanged_ = request_.path != nullptr || !report_->target_used;
  return outcome;
}

bool Snapshot::Inherited() const { return owner_ != getpid(); }

void Snapshot::Abandon() {
  if (report_ == nullptr) return;
  if (Inherited()) {
    // The mapping was not inherited.
    report_ = nullptr;
    child_.Forget();
    return;
  }
  if (child_.running()) {
    child_.Kill();
    child_.Reap();
    RemoveLeftover(&report_->leftover);
  }
  Release();
}

void Snapshot::Release() {
  if (report_) munmap(report_, sizeof(Report));
  report_ = nullptr;
}

}  // namespace heap_dump
