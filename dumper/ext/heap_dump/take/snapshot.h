#ifndef HEAP_DUMP_TAKE_SNAPSHOT_H_
#define HEAP_DUMP_TAKE_SNAPSHOT_H_

#include <sys/types.h>

#include <cstdint>

#include "take/child_process.h"
#include "take/file_target.h"
#include "take/outcome.h"
#include "take/report.h"
#include "take/request.h"

namespace heap_dump {

// One dump on its way: opened target, process that writes it, what that one
// reported. Uses no Ruby code and allocates nothing with malloc.
//
//   idle --Begin--> writing --Finish or TryFinish--> idle
//
// Only one Snapshot of a process is on its way at a time.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  // Gives up what is on its way.
  ~Snapshot();

  // The thread owns the heap: it has the GVL, and no collection runs. In
  // mode kInPlace everything is written when Begin returns. In the others, if
  // the system refuses a process for the dump, that is done too, where the
  // request allows it, and fallback() tells why. What the request points
  // to lives as long as the snapshot.
  Outcome Begin(const Request& request);

  // Begin in steps, for when the copy is to be made at a chosen moment. Clone
  // returns in both processes; the copy is to call RunChild as soon as it
  // may read the heap, and run nothing else.
  Outcome Prepare(const Request& request);
  Outcome Clone();
  bool is_child() const { return child_.is_child(); }
  [[noreturn]] void RunChild();

  // Readable when Finish would not wait; -1 when there is no child.
  int life_fd() const { return child_.life_fd(); }

  // All of Finish that takes time: waits for the end of the child, puts on
  // the disk what was written in place. May be called without the GVL.
  void Complete();
  // Waits for the writer and gives its outcome. The target is whole, or it
  // is as it was before.
  Outcome Finish();
  // The same, but false if the writer still writes.
  bool TryFinish(Outcome* outcome);
  // Ends the writer and removes what it wrote.
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
  // Nanoseconds for which the process could not go on.
  int64_t stop_ns() const { return stop_ns_; }
  void set_stop_ns(int64_t stop_ns) { stop_ns_ = stop_ns; }

 private:
  // Copied with the process by the program's own fork: then it has neither
  // the child nor the file, and is to forget them.
  bool Inherited() const;
  void WriteInPlace();
  Outcome Settle();
  void Release();

  Request request_;
  // The process that began it.
  pid_t owner_ = 0;
  Mode mode_ = Mode::kClone;
  char fallback_[192] = {};
  int64_t gather_ns_ = 0;
  int64_t stop_ns_ = 0;
  FileTarget target_;
  ChildProcess child_;
  // How the child ended, if not by itself.
  Outcome death_;
  bool written_in_place_ = false;
  bool target_unchanged_ = true;
  // A mapping that the child shares; null while idle.
  Report* report_ = nullptr;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_SNAPSHOT_H_
