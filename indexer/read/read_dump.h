#ifndef HEAPQ_INDEXER_READ_READ_DUMP_H_
#define HEAPQ_INDEXER_READ_READ_DUMP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "indexer/base/drop_report.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"
#include "indexer/model/allocation_samples.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// How lines are decoded; the outcome is the same.
enum class Decoder {
  kScanner,   // regular lines by a LineScanner, all others by yajl
  kPortable,  // the same without vector instructions
  kYajl,      // all lines by yajl: the reference
};

// How far reading has got.
struct ReadTally {
  uint64_t done = 0;   // bytes of the file as it lies on disk
  uint64_t total = 0;  // 0: unknown
  uint64_t objects = 0;
  uint64_t edges = 0;  // strong and weak
  uint64_t held = 0;   // bytes of memory that these and their names take
  // The part of the file that these came out of, at most 1; 0: unknown.
  double share = 0;
  bool whole = false;  // all was read, and is being put in order
};

struct ReadOptions {
  bool strict = false;    // the first damaged place is an error (kDataLoss)
  std::string spill_dir;  // where temporary text goes; removed with the heap
  size_t chunk_size = 1 << 19;  // bytes of a block; tests use 1…31
  Decoder decoder = Decoder::kScanner;
  int threads = 0;  // that decode; 0: as many as pay
  // Asked now and then, on the thread that called; an error ends reading, with
  // that error. May be empty.
  std::function<absl::Status(const ReadTally&)> check;
};

// The content of a dump file.
struct Dump {
  Heap heap;
  std::unique_ptr<HeapText> text;
  DumpFormat format = DumpFormat::kUnknown;
  std::string header;  // JSON, or empty
  AllocationSamples samples;
  uint64_t source_bytes = 0;  // of the file as it lies on disk
  uint64_t records = 0;
  uint64_t shapes = 0;     // records of object shapes, which are not objects
  uint64_t texts_cut = 0;  // of which only the first megabyte was kept
  bool truncated = false;
  DropReport drops;
};

// Reads `path` ("-": standard input), plain, gzip or zstd by its first bytes.
// Errors: kNotFound, kInvalidArgument (empty, no dump, unknown format),
// kFailedPrecondition (newer version), kDataLoss (strict), kCancelled,
// kUnavailable (it can't be opened, or reading fails before its end).
// Messages name path, line, byte and remedy.
absl::StatusOr<Dump> ReadDump(const std::string& path,
                              const ReadOptions& options);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_READ_READ_DUMP_H_
