#ifndef HEAPQ_QUERY_SUSPECTS_PATH_FINGERPRINTS_H_
#define HEAPQ_QUERY_SUSPECTS_PATH_FINGERPRINTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/suspects/candidate.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/path_tree.h"

namespace heapq {

// The fingerprint of every masked path of one heap, and the amounts behind
// each. Fingerprints of the same accumulation are equal in all dumps of a
// program, so that two heaps can be compared by them.
class PathFingerprints {
 public:
  // The objects behind one fingerprint. Sizes are bytes.
  struct Amount {
    uint64_t count = 0;  // objects held
    uint64_t size = 0;   // their shallow bytes
    uint64_t bytes = 0;  // with all paths that continue theirs
  };

  // `tree` must outlive it.
  static absl::StatusOr<PathFingerprints> Read(const PathTree& tree,
                                               CodeOwners* owners);

  // The fingerprint of the objects of a row of `paths`.
  uint64_t OfNode(uint32_t node) const { return of_node_[node]; }
  // The fingerprint of the objects that a candidate holds.
  uint64_t Of(const Candidate& candidate) const;
  // Null: all paths with this fingerprint together hold at most
  // `largest_unknown()` bytes.
  const Amount* Find(uint64_t fingerprint) const;
  // The size that the smallest row of `paths` has; smaller paths have no row.
  uint64_t largest_unknown() const { return largest_unknown_; }

 private:
  const PathTree* tree_ = nullptr;
  std::vector<uint64_t> of_node_;
  // Groups that span several holders, by the node of one member.
  std::vector<uint64_t> of_group_;
  uint64_t of_caches_ = 0;
  absl::flat_hash_map<uint64_t, Amount> amounts_;
  uint64_t largest_unknown_ = 0;
};

// The class of the objects of a path, as a fingerprint has it.
std::string_view HeldClass(const PathNode& node);
// The path whose objects carry most of a candidate's bytes. A hash is known by
// its values rather than by its keys.
uint32_t HeldNode(const PathTree& tree, const Candidate& candidate);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_PATH_FINGERPRINTS_H_
