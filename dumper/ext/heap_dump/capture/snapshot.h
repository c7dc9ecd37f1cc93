#ifndef HEAP_DUMP_CAPTURE_SNAPSHOT_H_
#define HEAP_DUMP_CAPTURE_SNAPSHOT_H_

#include <sys/types.h>

#include <cstdint>

#include "capture/child_process.h"
#include "capture/dump_status.h"
#include "capture/report.h"
#include "capture/request.h"

namespace heap_dump {

// One dump that a copy of the process writes. Uses no Ruby code and allocates
// nothing with malloc, GiveUp excepted. What can block on a disk happens in the
// copy: it opens, writes, flushes, renames and removes the file.
//
//   idle --Begin--> writing --Complete, Finish or TryFinish--> idle
//
// Only one Snapshot of a process is on its way at a time. Mode kInPlace has
// capture/in_place.h instead.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  // Kills the writer and waits for its end; GiveUp does not wait for long.
  ~Snapshot();

  // The thread owns the heap: it has the GVL, and no collection runs. If the
  // system refuses clone(2), and the request allows it, fork(2) makes the copy,
  // and fallback() says so. What the request points to lives as long as the
  // snapshot.
  Outcome Begin(const Request& request);

  // Begin in steps, for when the copy is to be made at a chosen moment. Clone
  // returns in both processes; the copy is to call RunChild as soon as it
  // may read the heap, and run nothing else.
  Outcome Prepare(const Request& request);
  Outcome Clone();
  bool is_child() const { return child_.is_child(); }
  [[noreturn]] void RunChild();

  // Readable when the writer has closed its descriptors at its end; -1 when
  // there is no writer.
  int life_fd() const { return child_.life_fd(); }

  // The process id of the writer; -1 when there is none.
  pid_t writer() const { return child_.pid(); }

  // Waits for the end of the writer, and removes what it left if it was killed.
  // False if it has not ended after `limit_ms`. Called without the GVL.
  bool Complete(int64_t limit_ms);
  // Ends the writer. One that has not ended after `limit_ms` is handed to the
  // reaper; the result is its process id then, else 0. Called without the GVL.
  pid_t GiveUp(int64_t limit_ms);
  // After Complete: the writer's outcome. The target is complete, or it is as
  // it was before.
  Outcome Finish();
  // Waits for the end of the writer, for at most `limit_ms`.
  void AwaitEnd(int64_t limit_ms);
  // Finish without Complete: false if the writer still writes. Does not wait
  // for a disk.
  bool TryFinish(Outcome* outcome);
  // Kills the writer, waits for its end, and removes what it wrote.
  void Abandon();

  // Valid after Finish.
  const Report& report() const { return *report_; }
  // How the dump was in fact taken.
  Mode mode() const { return mode_; }
  // After a failure: nothing has come of it that another try to the same
  // target would have to undo.
  bool target_unchanged() const { return target_unchanged_; }
  // Why it is another mode than was asked for, or without the layout; empty
  // if it is neither.
  const char* fallback() const { return fallback_; }
  // The process goes on: nanoseconds for which it could not run Ruby code. The
  // copy waits a little for it, to write it into the header.
  void SetStop(int64_t stop_ns) {
    if (report_ != nullptr) report_->stop_ns = stop_ns;
  }

 private:
  // Copied with the process by the program's own fork: then it has neither
  // the child nor the mapping, and is to forget them.
  bool Inherited() const;
  void UseFork(int error);
  void RemoveLeftoverInCopy();
  Outcome Settle();
  void Release();

  Request request_;
  // The process that began it.
  pid_t owner_ = 0;
  Mode mode_ = Mode::kClone;
  char fallback_[192] = {};
  ChildProcess child_;
  // How the child ended, if not by itself.
  Outcome death_;
  bool target_unchanged_ = true;
  // A mapping that the child shares; null while idle.
  Report* report_ = nullptr;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_SNAPSHOT_H_
