#ifndef HEAP_DUMP_CAPTURE_IN_PLACE_FILE_H_
#define HEAP_DUMP_CAPTURE_IN_PLACE_FILE_H_

#include <limits.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "capture/dump_status.h"
#include "capture/fd_output.h"
#include "capture/file_target.h"
#include "capture/request.h"
#include "util/output.h"

namespace heap_dump {

// The file of a dump in place. Its steps run one after the other on a native
// thread, which also frees the object, so that a caller can leave in the middle
// of a step that hangs. Without a thread they run on the calling thread.
class InPlaceFile {
 public:
  enum class Step { kOpen, kWrite, kCommit, kDiscard };

  // Null if there is no memory.
  static InPlaceFile* Start(const Request& request);
  InPlaceFile(const InPlaceFile&) = delete;
  InPlaceFile& operator=(const InPlaceFile&) = delete;

  // Begins a step. The one before has ended. Blocks if there is no thread.
  void Begin(Step step);
  // Readable at the end of the step; -1 if there is no thread, and so no step
  // that has not ended.
  int done_fd() const { return threaded_ ? done_fd_ : -1; }
  // Waits for the end of the step, holding whatever lock the caller holds.
  // False after `deadline_ns` (0: no limit).
  bool WaitUntilDone(int64_t deadline_ns);
  // The outcome of the step that has ended.
  Outcome outcome() const { return outcome_; }
  // After kOpen: a pipe, a socket or a terminal.
  bool is_stream() const { return is_stream_; }
  // errno of the writing, or 0; and the bytes written.
  int write_error() const { return output_ ? output_->error() : 0; }
  uint64_t total() const { return output_ ? output_->total() : 0; }

  // The data of the next kWrite: up to kBufferSize bytes of this buffer. There
  // are two, so that one can be filled while the other is written.
  static constexpr size_t kBufferSize = 1 << 20;
  char* buffer(int index) { return buffers_ + index * kBufferSize; }
  void SetData(const char* data, size_t size) {
    data_ = data;
    size_ = size;
  }

  // Ends the use of the object. A step that still runs ends first; then a file
  // that was not committed is removed.
  void Leave();

 private:
  InPlaceFile() : target_(&leftover_) {}
  ~InPlaceFile();
  bool Prepare(const Request& request);
  bool StartThread();
  static void* Serve(void* self);
  void Perform();
  Outcome Open();

  char path_[PATH_MAX] = {};
  int fd_ = -1;
  int64_t timeout_ms_ = 0;
  Leftover leftover_;
  FileTarget target_;
  std::optional<TargetOutput> output_;
  volatile int32_t used_ = 0;
  char* buffers_ = nullptr;
  const char* data_ = nullptr;
  size_t size_ = 0;
  bool threaded_ = false;
  int work_fd_ = -1;
  int done_fd_ = -1;
  std::atomic<bool> left_{false};
  // Handed over by the descriptors above.
  Step step_ = Step::kOpen;
  Outcome outcome_;
  bool is_stream_ = false;
};

// Writes to an InPlaceFile. Gives up with ETIMEDOUT after the deadline.
class InPlaceOutput : public Output {
 public:
  InPlaceOutput(InPlaceFile* file, int64_t deadline_ns)
      : file_(file), deadline_ns_(deadline_ns) {}

  bool Write(const char* data, size_t size) override;
  // Writes the rest and waits for it.
  bool Finish();
  // Waits until nothing is being written. False after the deadline.
  bool WaitForLast();

 private:
  bool Pass();
  bool Written();

  InPlaceFile* const file_;
  const int64_t deadline_ns_;
  int current_ = 0;
  size_t filled_ = 0;
  bool writing_ = false;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_IN_PLACE_FILE_H_
