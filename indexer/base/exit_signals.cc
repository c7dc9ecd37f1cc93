#include "indexer/base/exit_signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstring>
#include <utility>

namespace heapq {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU};
constexpr int kSlots = 16;

enum SlotState : int { kFree, kBeingSet, kSet };

struct Slot {
  std::atomic<int> state{kFree};
  char path[PATH_MAX];
};

// Static storage: a signal handler may read it at any moment.
Slot slots[kSlots];
std::atomic<int> deferring{0};
std::atomic<int> pending_signal{0};

void OnExitSignal(int sig) {
  pending_signal.store(sig);
  if (deferring.load() > 0) return;
  RemoveUnfinishedFilesAndDie(sig);
}

void InstallHandlers() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_handler = OnExitSignal;
    sigemptyset(&action.sa_mask);
    for (const int sig : kSignals) {
      struct sigaction before = {};
      if (sigaction(sig, nullptr, &before) == 0 &&
          (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL) {
        sigaction(sig, &action, nullptr);
      }
    }
    return true;
  }();
  (void)installed;
}

}  // namespace

void RemoveUnfinishedFiles() {
  for (Slot& slot : slots) {
    if (slot.state.load() == kSet) unlink(slot.path);
  }
}

void RemoveUnfinishedFilesAndDie(int sig) {
  RemoveUnfinishedFiles();
  signal(sig, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, sig);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise(sig);
  _exit(128 + sig);
}

UnfinishedFile::UnfinishedFile(const std::string& path) {
  InstallHandlers();
  if (path.size() >= sizeof(Slot::path)) return;
  for (int i = 0; i < kSlots; ++i) {
    int state = kFree;
    if (!slots[i].state.compare_exchange_strong(state, kBeingSet)) continue;
    std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
    slots[i].state.store(kSet);
    slot_ = i;
    return;
  }
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : slot_(std::exchange(other.slot_, -1)) {}

UnfinishedFile::~UnfinishedFile() {
  if (slot_ >= 0) slots[slot_].state.store(kFree);
}

DeferredExit::DeferredExit() {
  InstallHandlers();
  ++deferring;
}

DeferredExit::~DeferredExit() {
  if (--deferring > 0) return;
  const int sig = pending_signal.load();
  if (sig != 0) RemoveUnfinishedFilesAndDie(sig);
}

}  // namespace heapq
