#include "capture/dump_status.h"

#include <errno.h>
#include <string.h>

#include <cstdio>

namespace heap_dump {
namespace {

struct Row {
  Code code;
  const char* exception;
  const char* sentence;
};

// The one table of everything that can go wrong while a dump is taken.
constexpr Row kRows[] = {
    {Code::kOk, "Error", "the dump is whole"},
    {Code::kNotRubyThread, "Refused", "not called on a thread of Ruby"},
    {Code::kOtherThreadRuns, "Refused",
     "another thread is running Ruby code (holds the GVL); try that one"},
    {Code::kCollecting, "Refused",
     "a garbage collection is in progress; try again"},
    {Code::kUnknownRuby, "Refused",
     "the holder of the GVL is not known on this Ruby; use HeapDump.dump "
     "inside "
     "the program"},
    {Code::kBusy, "Busy", "another dump is under way in this process"},
    {Code::kSeveralRactors, "Refused",
     "several Ractors are running; only HeapDump.dump in mode :clone stops "
     "them all"},
    {Code::kRunning, "Busy", "the dump is still being written"},
    {Code::kNothingTaken, "Refused", "no dump was begun"},
    {Code::kOpenFailed, "WriteError", "the dump's file cannot be made"},
    {Code::kNoSpace, "WriteError", "no room for the dump"},
    {Code::kClosedPipe, "WriteError", "the dump's reader closed the pipe"},
    {Code::kWriteFailed, "WriteError", "the dump cannot be written"},
    {Code::kTimeout, "Timeout", "the dump was not written within its timeout"},
    {Code::kChildKilled, "ChildDied", "the dump's process was killed"},
    {Code::kChildCrashed, "ChildDied",
     "the dump's process crashed while it read the heap"},
    {Code::kChildWaitsForLock, "ChildDied",
     "the dump's process waited for a lock of a thread that it does not have, "
     "and was ended"},
    {Code::kCloneRefused, "Error",
     "the system refused a process for the dump; raise the limit on processes "
     "(ulimit -u, pids.max), permit clone(2), or choose another fallback"},
    {Code::kNoMemory, "Error", "no memory for the dump's own tables"},
    {Code::kRenameFailed, "WriteError",
     "the dump's file cannot be given its name"},
    {Code::kNoCompression, "Unsupported",
     "heap_dump was built without zstd; install libzstd-dev and build the gem "
     "again, or use gzip"},
    {Code::kOrphaned, "ChildDied", "the dumped process ended before its dump"},
    {Code::kWalkFailed, "Error", "the heap could not be walked"},
    {Code::kNoRandomness, "Error", "no random key for the strings' hashes"},
    {Code::kTargetIsFifo, "WriteError",
     "the path is a FIFO, whose reader may be another user; open it and pass "
     "the IO, or choose another name"},
    {Code::kTargetIsSocket, "WriteError",
     "the path is a socket, whose reader may be another user; connect to it "
     "and pass the IO, or choose another name"},
    {Code::kTargetIsDevice, "WriteError",
     "the path is a device; open it and pass the IO, or choose another name"},
    {Code::kTargetIsLink, "WriteError",
     "the path is a symbolic link, which is not followed; give the path it "
     "leads to, or choose another name"},
    {Code::kTargetIsForeign, "WriteError",
     "the path is another user's file, which is not replaced; remove it or "
     "choose another name"},
    {Code::kStreamInPlace, "Refused",
     "mode in_place does not write to a pipe, socket or terminal, because its "
     "reader may be this process, which stands still; use a file or mode "
     "clone"},
    {Code::kCloneRefusedStream, "Refused",
     "the system refused a process for the dump, and a dump in place is not "
     "written to a pipe, socket or terminal, because its reader may be this "
     "process; use a file"},
    {Code::kFolderNotSynced, "WriteError",
     "the dump has its name, but its folder could not be flushed to the disk, "
     "so a power failure may lose it"},
    {Code::kFinalizersUnknown, "Error",
     "this Ruby does not show what finalizers refer to, so reachable objects "
     "cannot be found without a collection; have it collect garbage first, or "
     "write garbage as well"},
};

const Row& RowOf(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kRows[0];
}

}  // namespace

Outcome WriteOutcome(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {Code::kNoSpace, error};
    case EPIPE:
    case ECONNRESET:
      return {Code::kClosedPipe, error};
    case ETIMEDOUT:
      return {Code::kTimeout, 0};
    case ENOMEM:
      return {Code::kNoMemory, 0};
    case ESRCH:
      return {Code::kOrphaned, 0};
    default:
      return {Code::kWriteFailed, error};
  }
}

const char* ExceptionName(Code code) { return RowOf(code).exception; }

const char* Sentence(Code code) { return RowOf(code).sentence; }

const char* Describe(const Outcome& outcome, char* buffer, size_t size) {
  const char* sentence = Sentence(outcome.code);
  const bool signal =
      outcome.code == Code::kChildKilled || outcome.code == Code::kChildCrashed;
  if (outcome.detail == 0) {
    snprintf(buffer, size, "%s", sentence);
  } else if (signal) {
    snprintf(buffer, size, "%s: signal %d (%s)", sentence, outcome.detail,
             strsignal(outcome.detail));
  } else {
    snprintf(buffer, size, "%s: %s", sentence, strerror(outcome.detail));
  }
  return buffer;
}

}  // namespace heap_dump
