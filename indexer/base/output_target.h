#ifndef HEAPQ_INDEXER_BASE_OUTPUT_TARGET_H_
#define HEAPQ_INDEXER_BASE_OUTPUT_TARGET_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heapq {

// The folder that `path` lies in, as one can open it.
std::string FolderOf(const std::string& path);
// The last part of `path`.
std::string BaseOf(const std::string& path);

// Follows symbolic links at `path`. The result may not exist. A link that
// stands for an open descriptor of this process is not followed.
std::string FollowLinks(std::string path);

// Tells whether another file may take the place of `path`: it does not exist,
// or it is a regular file. A device, a FIFO, a socket, a folder and an open
// descriptor (/dev/stdout, /dev/fd/3) may not be replaced.
bool IsReplaceable(const std::string& path);

// Opens what is not replaceable to write into it: a duplicate of a descriptor,
// a FIFO (waits for its reader), a character device. The caller closes the
// result. `option` is the option with which the user names the file. Errors:
// kFailedPrecondition (a folder, a disk, a socket), kUnavailable.
absl::StatusOr<int> OpenThrough(const std::string& path,
                                const std::string& option = "-o");

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_OUTPUT_TARGET_H_
