#ifndef HEAPQ_QUERY_SUSPECTS_SUSPECTS_H_
#define HEAPQ_QUERY_SUSPECTS_SUSPECTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"
#include "query/paths/path_display.h"
#include "query/paths/why_alive.h"
#include "query/rules/rules.h"
#include "query/suspects/allocated_at.h"
#include "query/suspects/growth.h"
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
  // Where allocations were sampled.
  std::optional<AllocatedAt> allocated_at;
  // Where older heaps are given and it grew.
  std::optional<Growth> growth;
};

// The accumulations of a heap, ranked: first what looks most like a leak. At
// most ten; those that keep less than `share` (0 to 1) are left out. Where no
// candidate stands out, the largest are there with the level kLarge.
absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share);

// The same for a heap whose paths have been read.
absl::StatusOr<std::vector<Suspect>> FindSuspects(const HeapPaths& heap,
                                                  double share);

// The same for the last of several heaps of one program, oldest first: what
// grew leads.
absl::StatusOr<std::vector<Suspect>> FindSuspects(
    const std::vector<HeapDb*>& heaps, double share);

// The accumulations of the last of two or three heaps that grew, what looks
// most like a leak first. At most `limit`; `minutes`: from the first heap to
// the last, 0 if that is not known.
absl::StatusOr<std::vector<Suspect>> FindGrowth(
    const std::vector<const HeapPaths*>& heaps, double minutes, size_t limit);

// The fingerprints without objects in the heap, or with fewer bytes than
// `least_bytes`, below which paths are not recorded.
struct GoneFingerprints {
  std::vector<std::string> fingerprints;
  uint64_t least_bytes = 0;
};
absl::StatusOr<GoneFingerprints> FindGone(
    HeapDb* db, const std::set<std::string>& fingerprints);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_SUSPECTS_H_
