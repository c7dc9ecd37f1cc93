#ifndef HEAP_DUMP_CAPTURE_CHILD_PROCESS_H_
#define HEAP_DUMP_CAPTURE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>

#include "capture/dump_status.h"
#include "capture/request.h"

namespace heap_dump {

// A copy of this process.
//
// In mode kClone the copy is made by the bare system call: no handler of
// fork(2) or of Ruby runs, so the copy still sees the stacks of all threads,
// and the host gets no signal when it ends: neither its wait(-1) nor its
// SIGCHLD handler sees the copy. A debugger does not follow it. The other
// threads do not exist in the copy and never release their locks, so the copy
// must take no lock and may neither allocate nor run Ruby code.
//
// Mode kFork is fork(2) of the C library: slower by its handlers, seen by
// wait(-1), for systems that refuse the other.
class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  // Kills and reaps it when it still runs, which waits for its end.
  ~ChildProcess();

  // Returns in both processes, in the child with all signals blocked. The
  // child leaves by _exit.
  Outcome Start(Mode mode);

  bool is_child() const { return pid_ == 0; }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  // Readable (end of file) as soon as the child has ended. In the child: the
  // other end, to be kept open while it lives.
  int life_fd() const { return life_fd_; }

  void Kill();
  // Waits for the end. How it died if it was by a signal, else kOk.
  Outcome Reap();
  // The same without waiting: false while it runs.
  bool TryReap(Outcome* outcome);
  // The same, waiting for at most `limit_ms`.
  bool ReapWithin(int64_t limit_ms, Outcome* outcome);
  // For a process forked from the parent: the child is not its own.
  void Forget();
  // For a child that something else reaps. Returns life_fd(), which is then to
  // be kept open as long as the child lives; see LeaveChild.
  int Detach();

 private:
  bool ReapWith(int flags, Outcome* outcome);
  void CloseLife();

  pid_t pid_ = -1;
  int life_fd_ = -1;
};

// Prepares a fresh copy to write on its own: no descriptor open but
// `kept_fds` (in any order, -1 ignored), the first to be killed when memory
// runs out, no core file, its own name in ps.
void SettleInChild(const int* kept_fds, int count);

// Ends a copy that ChildProcess::Start made. If the host has called exec(2)
// meanwhile, its new program knows nothing of a child and waits for none of
// this kind: the copy then first becomes a usual child, by exec, which wait(2)
// finds and which is gone by itself where SIGCHLD is ignored.
// Async-signal-safe.
[[noreturn]] void LeaveChild(int status);

// Takes the lowest priority: for a copy that the host does not stop for.
void LetHostRunFirst();

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_CHILD_PROCESS_H_
