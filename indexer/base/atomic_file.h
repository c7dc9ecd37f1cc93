#ifndef HEAPQ_INDEXER_BASE_ATOMIC_FILE_H_
#define HEAPQ_INDEXER_BASE_ATOMIC_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/base/exit_signals.h"

namespace heapq {

// A file that replaces another one in one step, or disappears. It lies beside
// its target, under the name "<target>.loading-<pid>-<random>" (the name of a
// very long target is cut), and its owner only may read it. It is locked
// (flock) as long as its process lives: this distinguishes a file that a killed
// process left from one that a process is writing. A signal that ends the
// process removes the file.
class AtomicFile {
 public:
  // Creates an empty file. If `target` is a symbolic link, the file replaces
  // what it points to. Removes what dead processes left for this target.
  // Errors: kFailedPrecondition (see IsReplaceable), kUnavailable,
  // kResourceExhausted, each with a remedy that names `option`, with which the
  // user names the file.
  static absl::StatusOr<AtomicFile> Create(const std::string& target,
                                           const std::string& option = "-o");
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  // Removes the file unless Commit was called.
  ~AtomicFile();

  const std::string& path() const { return path_; }
  // Open for writing. Owned by this object.
  int fd() const { return fd_; }

  // Syncs the content to disk, renames the file and syncs the folder. Readers
  // that have the old file open go on reading that. Call once. Errors as
  // Create; the target is unchanged then.
  absl::Status Commit();

 private:
  AtomicFile(std::string target, std::string option, std::string path, int fd,
             UnfinishedFile unfinished);

  std::string target_;
  std::string option_;
  std::string path_;  // empty: nothing to remove
  int fd_;
  UnfinishedFile unfinished_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_ATOMIC_FILE_H_
