#ifndef HEAPQ_QUERY_PATHS_PATH_ROWS_H_
#define HEAPQ_QUERY_PATHS_PATH_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "query/paths/why_alive.h"

namespace heapq {

// A retention path as a table: a row for each hop, or for a chain of hops that
// repeat ("140 × Session#@parent").
struct PathRow {
  uint64_t omitted_before = 0;  // hops left out between this row and the last
  uint64_t hops = 1;            // that the row stands for
  uint64_t times = 1;           // how often the label repeats
  std::string label;            // with the class of the holder
  const PathStep* step = nullptr;  // what the row leads to; lives in the path
};

enum class Hops {
  kFolded,  // chains, and hops that the next one names, are one row
  kEach,
};

// The sum of `hops` and `omitted_before` is the length of the path, which must
// outlive the rows. A folded path of more than `most_rows` rows keeps those at
// its ends.
std::vector<PathRow> RowsOf(const RetentionPath& path, Hops hops,
                            size_t most_rows = 41);

// The row's label without what the row above says: "local session" after the
// proc that captured it. Without `times`.
std::string LabelInPath(const PathRow& row);

// The name that a program has for the object of a step: "EventBus::INSTANCE",
// "$bus", and for an Array or a Hash "Session#@tags"; else the object's label.
std::string NameOf(const RetentionPath& path, size_t step);

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_PATH_ROWS_H_
