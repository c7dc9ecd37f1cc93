#ifndef HEAPQ_QUERY_SUSPECTS_CANDIDATE_H_
#define HEAPQ_QUERY_SUSPECTS_CANDIDATE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/path_tree.h"

namespace heapq {

// Shorter chains of objects are structures of a program.
inline constexpr uint64_t kMinChain = 30;

// A place of the heap that may be an accumulation. Sizes are bytes.
struct Candidate {
  enum Kind {
    kContainer,  // collections with many elements
    kChain,      // a list or tree of objects
    kMethods,    // many methods of one pattern in a class
    kCopies,     // classes or modules of one name
    kAnonymous,  // anonymous classes or modules
    kRegistry,   // entries of finalizers, at_exit, traps
    kClosures,   // procs of one line
    kOne,        // one large object
    kCaches,     // what only call caches and the machine stack hold
  };
  Kind kind = kContainer;
  uint32_t node = 0;               // what holds
  std::vector<uint32_t> elements;  // nodes of what is held, most bytes first
  uint64_t count = 0;
  uint64_t bytes = 0;
  bool numbered = false;  // elements are variables with numbers in their names
  uint32_t iseq = 0;      // of kMethods and kClosures: their code
  std::string registry;   // category of kRegistry
};

// What the thresholds are measured against.
struct HeapSizes {
  uint64_t counted = 0;  // base of shares
  uint64_t data = 0;     // the same without code and classes
};

// The candidates of a heap, in no order. `db` and `tree` as of one heap.db.
absl::StatusOr<std::vector<Candidate>> FindCandidates(HeapDb* db,
                                                      const PathTree& tree,
                                                      const HeapSizes& sizes,
                                                      CodeOwners* owners);

// Returns the accumulations that `wanted` accepts, also those too small to be
// candidates.
absl::StatusOr<std::vector<Candidate>> FindCandidatesOfAnySize(
    HeapDb* db, const PathTree& tree, CodeOwners* owners,
    const std::function<bool(const Candidate&)>& wanted);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_CANDIDATE_H_
