#ifndef HEAPQ_CLI_EXPORT_DUMP_ID_H_
#define HEAPQ_CLI_EXPORT_DUMP_ID_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/export/exporter.h"
#include "query/aggregates/class_histogram.h"
#include "query/db/heap_db.h"
#include "query/db/heap_info.h"

namespace heapq {

// Identifies a dump among all others of a fleet.
struct DumpKey {
  // A hash of what follows and of the heap's figures: the same dump has the
  // same one whenever it is sent. Positive as a signed 64-bit integer.
  uint64_t dump = 0;
  std::string host;  // empty: not known
  std::string app;
  uint64_t pid = 0;
  std::string time;           // "2026-11-23 03:00:00", UTC; empty: not known
  uint64_t milliseconds = 0;  // the same since 1970; 0: not known
  std::string ruby;
  HeapInfo info;
};

// `options` before the dump's header.
absl::StatusOr<DumpKey> ReadDumpKey(HeapDb* db, const ExportOptions& options);

// All types, classes of one name taken together; most objects first. Their
// retained sizes are added up.
absl::StatusOr<std::vector<TypeCount>> TypesByName(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_DUMP_ID_H_
