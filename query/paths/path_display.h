#ifndef HEAPQ_QUERY_PATHS_PATH_DISPLAY_H_
#define HEAPQ_QUERY_PATHS_PATH_DISPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "query/paths/why_alive.h"

namespace heapq {

// A retention path as a person reads it: hops that are one thought are one
// line (EventBus::INSTANCE; a proc's env and what it captured).
struct PathLine {
  uint64_t omitted_before = 0;  // hops left out between this and the last line
  std::string label;
  const PathStep* step = nullptr;  // what the line leads to; lives in the path
};

// `path` must outlive the lines.
std::vector<PathLine> LinesOf(const RetentionPath& path);

// The place that a person should open first.
struct LeakPoint {
  std::string text;  // what is there, without a full stop; "" if unknown
  Place place;
};
LeakPoint LeakPointOf(const RetentionPath& path);

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_PATH_DISPLAY_H_
