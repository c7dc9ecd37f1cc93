#ifndef HEAPQ_QUERY_DIFF_DIFF_H_
#define HEAPQ_QUERY_DIFF_DIFF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/diff/new_objects.h"
#include "query/suspects/suspects.h"

namespace heapq {

// How much there is of something in one heap. Sizes are bytes.
struct Amount {
  int64_t count = 0;
  int64_t size = 0;      // shallow
  int64_t retained = 0;  // overlaps within a row count once

  // These are upper bounds: a masked path that is too small has no row.
  bool at_most = false;

  bool operator==(const Amount& other) const {
    return count == other.count && size == other.size &&
           retained == other.retained;
  }
};

// Something in two or three heaps, oldest first.
struct DiffRow {
  std::string name;  // of a class, namespace or site; fingerprint of a suspect
  std::vector<Amount> amounts;  // one for each heap

  // The last minus the first. Where one of them is an upper bound, the least
  // change that there was.
  Amount Growth() const;
  // Growth from one heap to the next, on average, rounded towards 0.
  Amount PerDump() const;
};

struct HeapDiff {
  std::vector<DiffRow> classes;
  std::vector<DiffRow> namespaces;
  std::vector<DiffRow> sites;  // where allocations were traced
  std::vector<DiffRow> gems;   // see the table gems
  // Suspects of any of the heaps that changed, by fingerprint; what they retain
  // is looked up in each heap, whether they are suspects there or not.
  std::vector<DiffRow> suspects;
  std::vector<std::string> suspect_texts;  // a phrase for each of `suspects`
  // Growth by masked path, the likeliest leak first; see FindGrowth.
  std::vector<Suspect> growth;
  std::string verdict;  // a sentence on `growth`, without a full stop
  // Describes the growth of the resident memory in a sentence without a full
  // stop. "" if a dump has no account of memory.
  std::string memory;
  double minutes = 0;  // from the first heap to the last; 0: not known
  // Objects by identity: address, type, class and, where traced, allocation
  // site and generation.
  std::vector<NewObjectGroup> added;  // with three heaps: added and stayed
  uint64_t added_count = 0;
  uint64_t removed_count = 0;  // between the first two
  uint64_t same_count = 0;     // in the first two
  uint64_t reused_count = 0;   // see NewObjects
  // Objects moved between the heaps, or these are of different processes:
  // addresses mean nothing then. Only objects that were traced are known to
  // be new, by their generation.
  bool compacted = false;
  std::vector<std::string> notes;
};

// The growth from heap to heap. Rows without any change are left out; the
// others come largest growth of shallow size first. `heaps`: two or three,
// oldest first, all of the same process if `added` is to mean anything.
// `share`: see FindSuspects.
absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DIFF_DIFF_H_
