#ifndef HEAPQ_INDEXER_LOAD_LOAD_H_
#define HEAPQ_INDEXER_LOAD_LOAD_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/drop_report.h"
#include "indexer/model/dump_format.h"

namespace heapq {

struct LoadOptions {
  std::string input;   // a dump, or "-"
  std::string output;  // the heap.db to (re)place
  // A saved /proc/PID/smaps_rollup or status of the dumped process, for dumps
  // without an account of its memory; "": none.
  std::string status_file;
  bool strict = false;
  // Write with INSERT instead of laying out pages; a check of the latter.
  bool plain_inserts = false;
  // Decode all lines with yajl; a check of the scanners.
  bool yajl_only = false;
  // Bytes of memory that the process may take; nullopt: what the machine and
  // the control groups have left; 0: any amount.
  std::optional<uint64_t> max_memory;
  // Receives the stage ("reading", "analysing", "writing") and how far it is;
  // total 0: unknown. May be empty. Called on the thread that called Load, as
  // is `cancellation`.
  std::function<void(std::string_view stage, uint64_t done, uint64_t total)>
      progress;
  Cancellation cancellation;
};

struct LoadSummary {
  DumpFormat format = DumpFormat::kUnknown;
  uint64_t records = 0;
  uint64_t objects = 0;
  uint64_t ghosts = 0;
  uint64_t edges = 0;  // class edges included
  uint64_t weak_edges = 0;
  uint64_t roots = 0;
  bool has_roots = false;  // that the GC marks from
  uint64_t shapes = 0;     // records of object shapes, which are not objects
  uint64_t size = 0;       // bytes, all objects
  uint64_t reachable = 0;
  uint64_t reachable_size = 0;  // bytes
  bool truncated = false;
  uint64_t texts_cut = 0;  // of which only the first megabyte was kept
  DropReport drops;
};

// Reads a dump, analyses it and replaces `output` in one rename; on any error
// `output` stays as it was and no temporary file is left. Errors: those of
// ReadDump; kFailedPrecondition when `output` exists and is not a heap.db;
// kResourceExhausted when the disk is full, or memory would not suffice.
absl::StatusOr<LoadSummary> Load(const LoadOptions& options);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_LOAD_H_
