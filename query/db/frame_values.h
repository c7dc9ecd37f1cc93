#ifndef HEAPQ_QUERY_DB_FRAME_VALUES_H_
#define HEAPQ_QUERY_DB_FRAME_VALUES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "indexer/model/edge_kind.h"
#include "query/db/heap_db.h"

namespace heapq {

// A value of a frame of a thread or fiber, as the label of an edge or field.
struct FrameValueRow {
  std::string name;   // of the local or part: "request", "self"
  std::string frame;  // "Session#start"; empty: unknown
  std::string file;   // empty: unknown
  uint32_t line = 0;

  // "Session#start (app.rb:42)", or "a frame".
  std::string Where() const;
};

// Reads the label `label` of an edge or field of `thread`.
absl::StatusOr<FrameValueRow> ReadFrameValue(HeapDb* db, uint32_t thread,
                                             int64_t label);

// The name that is, or is part of, the label of an edge of `kind`: "@cache",
// "request" of a frame. Empty for an index or an object.
absl::StatusOr<std::string> LabelName(HeapDb* db, EdgeKind kind, int64_t label);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_FRAME_VALUES_H_
