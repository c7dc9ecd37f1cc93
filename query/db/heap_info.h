#ifndef HEAPQ_QUERY_DB_HEAP_INFO_H_
#define HEAPQ_QUERY_DB_HEAP_INFO_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/dump_header.h"
#include "query/db/heap_db.h"

namespace heapq {

// The figures of a heap.db and of the dump that it was loaded from.
struct HeapInfo {
  std::string source;  // the dump's path
  std::string format;
  std::string heapq_version;
  DumpHeader header;
  uint64_t source_bytes = 0;
  uint64_t records = 0;
  uint64_t objects = 0;
  uint64_t ghosts = 0;  // referred to, but the dump has no record of them
  uint64_t edges = 0;   // strong, class edges included
  uint64_t weak_edges = 0;
  uint64_t size = 0;  // bytes, all objects
  uint64_t reachable = 0;
  uint64_t reachable_size = 0;  // bytes
  bool truncated = false;
  uint64_t texts_cut = 0;  // of which only the first megabyte is there
  struct Roots {
    std::string category;
    uint64_t count = 0;
    bool weak = false;
  };
  std::vector<Roots> roots;  // by category
  // Records that could not be used, by reason.
  std::vector<std::pair<std::string, uint64_t>> drops;
  struct DropPlace {
    std::string reason;
    uint64_t line = 0;
    uint64_t byte = 0;
    std::string detail;
  };
  std::vector<DropPlace> first_drops;
};

absl::StatusOr<HeapInfo> ReadInfo(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_HEAP_INFO_H_
