#ifndef HEAPQ_INDEXER_LOAD_STATUS_FILE_H_
#define HEAPQ_INDEXER_LOAD_STATUS_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace heapq {

// Reads a copy of /proc/PID/smaps_rollup, /proc/PID/smaps or /proc/PID/status.
// Returns what it says of the process's memory as JSON, with the keys of a dump
// header: {"memory":{"rss":…,"rss_files":…}}, in bytes. kInvalidArgument: the
// file is not such a copy, or it is cut.
absl::StatusOr<std::string> ReadStatusFile(const std::string& path);

// Parses the text of such a file. `name`: the file, for errors.
absl::StatusOr<std::string> ParseStatus(const std::string& name,
                                        std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_STATUS_FILE_H_
