#ifndef HEAPQ_QUERY_SUSPECTS_H_
#define HEAPQ_QUERY_SUSPECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/describe.h"
#include "query/heap_db.h"
#include "query/retention.h"

namespace heapq {

// What an accumulation point is filled with.
struct Filling {
  std::string class_name;  // of most of what it dominates immediately
  uint64_t count = 0;      // how many of that class
  uint64_t total = 0;      // how many in all
  std::vector<std::string>
      keys;  // the first keys of a hash, as Ruby shows them
};

// Something that keeps a large share of the heap: one object, or objects of
// one class that only together do. Sizes are bytes.
struct Suspect {
  ObjectSummary object;    // the accumulation point, or a group's biggest
  std::string class_name;  // of a group; empty: one object
  uint64_t count = 1;      // objects in the group
  uint64_t retained = 0;
  double share = 0;    // of all that is reachable, but objspace's own notes
  RetentionPath path;  // to `object`
  Filling filling;     // of `object`
  // The same in every process and dump where the same code keeps the same
  // kind of thing: a hash of the path without addresses, indexes and data.
  std::string fingerprint;
};

// The objects that somebody should look at first, biggest first. Walks the
// dominator tree from the roots, through classes, code and Ruby's own tables,
// down to where the bytes spread: the object whose biggest child retains less
// than 0.7 of what it does, or the head of a list. `share` in (0, 1].
absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share);

// See Suspect::fingerprint; 16 hex digits.
std::string FingerprintOf(const RetentionPath& path);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_H_
