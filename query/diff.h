#ifndef HEAPQ_QUERY_DIFF_H_
#define HEAPQ_QUERY_DIFF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/added_objects.h"
#include "query/growth_points.h"
#include "query/heap_db.h"

namespace heapq {

// How much there is of something in one heap. Sizes are bytes.
struct Amount {
  int64_t count = 0;
  int64_t size = 0;      // shallow
  int64_t retained = 0;  // overlaps within a row count once

  bool operator==(const Amount& other) const {
    return count == other.count && size == other.size &&
           retained == other.retained;
  }
};

// Something in two or three heaps, oldest first.
struct DiffRow {
  std::string name;  // of a class, namespace or site; fingerprint of a suspect
  std::vector<Amount> amounts;  // one for each heap

  Amount Growth() const;  // the last minus the first
  // Growth from one heap to the next, on average, rounded towards 0.
  Amount PerDump() const;
};

struct HeapDiff {
  std::vector<DiffRow> classes;
  std::vector<DiffRow> namespaces;
  std::vector<DiffRow> sites;     // where allocations were traced
  std::vector<DiffRow> gems;      // see the table gems
  std::vector<DiffRow> suspects;  // by fingerprint, with what they retain
  std::vector<std::string> suspect_texts;  // a phrase for each of `suspects`
  // Objects by identity: address, type, class and, where traced, allocation
  // site and generation.
  std::vector<AddedGroup> added;           // with three heaps: added and stayed
  std::vector<GrowthPoint> growth_points;  // where these hang, in the last heap
  uint64_t added_count = 0;
  uint64_t removed_count = 0;  // between the first two
  uint64_t same_count = 0;     // in the first two
  // Objects moved between the heaps, or these are of different processes:
  // addresses mean nothing then. Only objects that were traced can be told to
  // be new, by their generation.
  bool compacted = false;
  std::vector<std::string> notes;
};

// What grew from heap to heap. Rows without any change are left out; the
// others come largest growth of shallow size first. `heaps`: two or three,
// oldest first, all of the same process if `added` is to mean anything.
// `share`: see FindSuspects.
absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DIFF_H_
