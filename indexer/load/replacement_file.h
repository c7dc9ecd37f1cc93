#ifndef HEAPQ_INDEXER_LOAD_REPLACEMENT_FILE_H_
#define HEAPQ_INDEXER_LOAD_REPLACEMENT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heapq {

// The folder that `path` lies in, as one can open it.
std::string FolderOf(const std::string& path);

// A file in the making that takes another one's place in one step, or is gone
// again. It lies beside its target, under the name
// "<target>.loading-<pid>-<random>", a very long target's cut, readable by its
// owner only, and is locked (flock) as long as its process lives, so that what
// a killed process left can be told from what another one is writing at this
// moment.
class ReplacementFile {
 public:
  // Makes an empty file. If `target` is a symbolic link, what it points to is
  // to be replaced. Removes what dead processes left behind for this target.
  // Errors: kUnavailable, kResourceExhausted, with a remedy, for which
  // `option` is what the user names the file with.
  static absl::StatusOr<ReplacementFile> Make(const std::string& target,
                                              const std::string& option = "-o");
  ReplacementFile(ReplacementFile&& other) noexcept;
  ReplacementFile& operator=(ReplacementFile&&) = delete;
  // Removes the file unless PutInPlace was called.
  ~ReplacementFile();

  const std::string& path() const { return path_; }

  // Syncs the content to disk, then renames. Readers that have the old file
  // open go on reading that. Call once. Errors as Make; the target is as it
  // was then.
  absl::Status PutInPlace();

 private:
  ReplacementFile(std::string target, std::string path, int fd);

  std::string target_;
  std::string path_;  // empty: nothing to remove
  int fd_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_REPLACEMENT_FILE_H_
