#ifndef HEAPQ_QUERY_SUSPECTS_WORDING_H_
#define HEAPQ_QUERY_SUSPECTS_WORDING_H_

#include <string>

#include "absl/status/statusor.h"
#include "query/paths/path_display.h"
#include "query/suspects/score.h"

namespace heapq {

// "1.2 MB".
std::string BytesText(uint64_t bytes);
// "12,345".
std::string CountText(uint64_t count);

// What a candidate is full of, and how many.
absl::StatusOr<std::string> HeldText(const PathTree& tree,
                                     const ScoredCandidate& scored,
                                     CodeOwners* owners);
// One sentence, without a full stop.
absl::StatusOr<std::string> SentenceFor(const PathTree& tree,
                                        const ScoredCandidate& scored,
                                        CodeOwners* owners);
// The line of code to look at first: where closures are made, where methods
// and classes are defined, else the class that holds; unknown if none of these
// has a file.
absl::StatusOr<LeakPoint> LookAt(const PathTree& tree,
                                 const ScoredCandidate& scored,
                                 CodeOwners* owners);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_WORDING_H_
