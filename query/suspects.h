#ifndef HEAPQ_QUERY_SUSPECTS_H_
#define HEAPQ_QUERY_SUSPECTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/describe.h"
#include "query/heap_db.h"
#include "query/path_lines.h"
#include "query/retention.h"
#include "query/suspects/score.h"

namespace heapq {

// "likely", "possible", "large".
std::string_view SuspectLevelName(SuspectLevel level);

// An accumulation: many objects, or one large one, that the same masked path
// holds. Sizes are bytes.
struct Suspect {
  SuspectLevel level = SuspectLevel::kLarge;
  std::string sentence;   // without a full stop
  uint64_t retained = 0;  // of the objects whose best paths lead through it
  double share = 0;       // of the heap's counted bytes
  uint64_t count = 0;     // elements, entries, classes, methods …
  LeakPoint look_at;      // the code that fills it; may be unknown
  std::vector<std::string> masked_path;
  std::string holder;      // "EventBus @handlers"
  std::string held;        // what it is full of: "Proc block in Bus#on (…)"
  std::string held_class;  // class of that; may be empty
  std::vector<std::string> keys;   // of a hash, as Ruby shows them
  std::vector<Evidence> evidence;  // strongest first
  // See query/suspects/fingerprint.h.
  std::string fingerprint;
  ObjectSummary object;  // an example: the container, or one of the objects
  RetentionPath path;    // to `object`
};

// The accumulations of a heap, ranked: first what looks most like a leak. At
// most ten; those that keep less than `share` (0 to 1) are left out. Where no
// candidate stands out, the largest are there with the level kLarge.
absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share);

// A fingerprint of one object's path; 16 hexadecimal digits.
std::string FingerprintOf(const RetentionPath& path);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_H_
