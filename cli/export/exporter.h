#ifndef HEAPQ_CLI_EXPORT_EXPORTER_H_
#define HEAPQ_CLI_EXPORT_EXPORTER_H_

#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/heap_db.h"

namespace heapq {

// Writes a heap in another tool's format. What `out` could not take is seen by
// the caller.
using ExportFunction = absl::Status (*)(HeapDb* db, std::ostream* out);

struct Exporter {
  std::string_view name;  // "heapsnapshot"
  std::string_view for_whom;
  ExportFunction write;
};

// All of them, in the order of `heapq export --help`.
const std::vector<Exporter>& Exporters();

// Chrome DevTools' and memlab's format: all that a root reaches.
absl::Status WriteHeapSnapshot(HeapDb* db, std::ostream* out);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_EXPORTER_H_
