#ifndef HEAP_DUMP_CAPTURE_FILE_TARGET_H_
#define HEAP_DUMP_CAPTURE_FILE_TARGET_H_

#include <limits.h>

#include "capture/dump_status.h"

namespace heap_dump {

// Names a temporary file that has to be removed; an empty `name` means that
// there is none. It is set before the file is created and cleared after the
// file is gone, so that a signal handler, or another process that shares the
// memory, can remove the file at any time.
struct Leftover {
  // Absolute, so that a later change of the working directory does not matter.
  char folder[PATH_MAX] = {};
  char name[NAME_MAX + 1] = {};
};

// Removes the file that `leftover` names. Calls unlink(2), which can block.
void RemoveLeftover(Leftover* leftover);

// Opens, names and removes the file of a dump.
//
// A dump is written under a temporary name in the folder of its path, readable
// by its owner alone, and gets its own name when it is complete. A path is only
// created, or replaces a regular file of the process's effective user. A FIFO,
// a device, a socket, a symbolic link and another user's file are refused: they
// could hand the heap to another user. An open descriptor is written to as it
// is, because its owner opened it on purpose.
//
// Every member function except the constructor, fd() and UseDescriptor() can
// block on a disk, so each is called in a copied process or without the GVL.
// None allocates memory. A target that was opened is either committed or
// discarded.
class FileTarget {
 public:
  // `leftover` records the temporary file, and lives longer than the target.
  explicit FileTarget(Leftover* leftover) : leftover_(leftover) {}
  FileTarget(const FileTarget&) = delete;
  FileTarget& operator=(const FileTarget&) = delete;
  ~FileTarget() { Close(); }

  // Creates the temporary file for `path`. Fails if the path may not be
  // written, and leaves nothing behind then.
  Outcome OpenPath(const char* path);
  // Writes to a descriptor that stays the caller's.
  void UseDescriptor(int fd) { fd_ = fd; }

  int fd() const { return fd_; }

  // Flushes the content to the disk. Some file systems report a full disk only
  // here.
  Outcome Sync();
  // Gives the file its name, and flushes the folder so that the name survives a
  // power failure.
  Outcome Commit();
  // Removes the temporary file, unless it was committed.
  void Discard();
  void Close();

 private:
  bool temporary() const { return folder_fd_ >= 0; }
  Outcome OpenFolder(const char* folder);
  // Checks what the name stands for now. `exists` says whether it stands for
  // anything.
  Outcome CheckName(bool* exists) const;
  Outcome CreateTemporary();
  Outcome Rename();

  Leftover* const leftover_;
  int fd_ = -1;
  int folder_fd_ = -1;
  bool owns_fd_ = false;
  // The name stood for a file when the target was opened.
  bool replaces_ = false;
  char name_[NAME_MAX + 1] = {};
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_FILE_TARGET_H_
