#ifndef HEAP_DUMP_TAKE_FILE_TARGET_H_
#define HEAP_DUMP_TAKE_FILE_TARGET_H_

#include <limits.h>

#include "take/outcome.h"

namespace heap_dump {

// Where a dump goes to. A file is written under a temporary name in its own
// folder, readable by its owner alone, and gets its name when it is whole;
// until then whatever had that name stays. What is no regular file (a pipe,
// a device) and a descriptor of the caller's are written directly.
//
// Allocates nothing: Commit and Discard may be called in a cloned process,
// Discard also in a signal handler. A target that was opened is either
// committed or discarded, in one process; the others only Close it.
class FileTarget {
 public:
  FileTarget() = default;
  FileTarget(const FileTarget&) = delete;
  FileTarget& operator=(const FileTarget&) = delete;
  ~FileTarget() { Close(); }

  Outcome OpenPath(const char* path);
  // Takes a descriptor that stays the caller's.
  void UseDescriptor(int fd);

  int fd() const { return fd_; }
  int folder_fd() const { return folder_fd_; }
  // There is a temporary file that must not stay.
  bool temporary() const { return folder_fd_ >= 0; }

  // Puts what was written on the disk. Some file systems tell only now that
  // there was no room.
  Outcome Sync();
  // Gives the file its name.
  Outcome Commit();
  // Removes the temporary file, unless it was committed.
  void Discard();
  void Close();

 private:
  Outcome CreateTemporary();

  int fd_ = -1;
  int folder_fd_ = -1;
  bool owns_fd_ = false;
  char name_[NAME_MAX + 1] = {};
  char temporary_name_[NAME_MAX + 1] = {};
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_FILE_TARGET_H_
