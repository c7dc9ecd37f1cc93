#ifndef HEAP_DUMP_CAPTURE_DUMP_STATUS_H_
#define HEAP_DUMP_CAPTURE_DUMP_STATUS_H_

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// How an attempt to take a dump ended. The numbers are what the C entry
// points return, so they never change their meaning.
enum class Code : int32_t {
  kOk = 0,
  // Refused: nothing was done, a later attempt may go through.
  kNotRubyThread = -1,
  kOtherThreadRuns = -2,
  kCollecting = -3,
  kUnknownRuby = -4,
  kBusy = -5,
  kSeveralRactors = -6,
  kRunning = -7,
  kNothingTaken = -8,
  // Failed: the target is as it was before.
  kOpenFailed = -10,
  kNoSpace = -11,
  kClosedPipe = -12,
  kWriteFailed = -13,
  kTimeout = -14,
  kChildKilled = -15,
  kChildCrashed = -16,
  kCloneRefused = -17,
  kNoMemory = -18,
  kRenameFailed = -19,
  kNoCompression = -20,
  kOrphaned = -21,
  kWalkFailed = -22,
  kNoRandomness = -23,
  kTargetIsFifo = -24,
  kTargetIsSocket = -25,
  kTargetIsDevice = -26,
  kTargetIsLink = -27,
  kTargetIsForeign = -28,
  kStreamInPlace = -29,
  kCloneRefusedStream = -30,
  // The dump has its name; only the folder's flush to the disk failed.
  kFolderNotSynced = -31,
  kFinalizersUnknown = -32,
  kChildWaitsForLock = -33,
};

// A code with what the system said about it.
struct Outcome {
  Code code = Code::kOk;
  // errno; for kChildKilled and kChildCrashed the signal's number.
  int detail = 0;

  bool ok() const { return code == Code::kOk; }
};

// The outcome for a failed write with this errno.
Outcome WriteOutcome(int error);

// The Ruby exception class below HeapDump ("Busy", "WriteError", …) for a
// code.
const char* ExceptionName(Code code);

// One sentence for a code, without what the system said.
const char* Sentence(Code code);

// Sentence and detail ("…: No space left on device") into `buffer`, ended by
// NUL, cut when it is too long. Returns `buffer`.
const char* Describe(const Outcome& outcome, char* buffer, size_t size);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_DUMP_STATUS_H_
