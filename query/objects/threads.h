#ifndef HEAPQ_QUERY_OBJECTS_THREADS_H_
#define HEAPQ_QUERY_OBJECTS_THREADS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// A local of a frame, or its self.
struct FrameValue {
  std::string name;
  std::string value;      // as Ruby would show it
  uint32_t id = 0;        // 0: an immediate
  uint64_t address = 0;   // 0: an immediate
  uint64_t retained = 0;  // bytes
};

struct ThreadFrame {
  int64_t n = 0;  // innermost: 0
  std::string label;
  Place place;
  std::vector<FrameValue> values;
  // Bytes that would go with the frame: of what its thread alone keeps alive,
  // and this frame alone in it. The machine stack is not asked.
  uint64_t retained = 0;
};

// A thread or a fiber.
struct ThreadInfo {
  ObjectSummary object;
  std::string status;               // "run", "sleep", …; empty: unknown
  std::vector<ThreadFrame> frames;  // innermost first
};

// The threads and fibers of the dumped process, with their backtraces.
absl::StatusOr<std::vector<ThreadInfo>> ReadThreads(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_OBJECTS_THREADS_H_
