#ifndef HEAPQ_CLI_EXPORT_PROFILE_STACKS_H_
#define HEAPQ_CLI_EXPORT_PROFILE_STACKS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "cli/export/exporter.h"
#include "query/db/heap_db.h"

namespace heapq {

// A heap as a profile, in one of two ways.
//
// By dominators: an object's "stack" is the names of its dominators, outermost
// first, and its own. Objects with the same stack are one. So the width of a
// frame is what is retained through it.
//
// By allocations: the stacks of code that allocated what is alive, as far as
// samples tell; counts and bytes are estimates.
//
// A dominator of the same name is not repeated (a list is one frame, however
// long), and what lies deeper than kDeepest counts for the frame there.
class ProfileStacks {
 public:
  static constexpr uint32_t kDeepest = 128;

  // As the options say. Errors: kDataLoss where dominators go in a circle,
  // kFailedPrecondition where allocations were not sampled.
  static absl::StatusOr<ProfileStacks> Read(HeapDb* db,
                                            const ExportOptions& options);

  struct Stack {
    uint32_t parent = 0;  // place of the stack without the last frame
    uint32_t frame = 0;   // place in frames()
    uint32_t depth = 0;   // frames
    uint64_t count = 0;   // objects with just this stack
    uint64_t size = 0;    // bytes of these, shallow
  };
  // Each after its parent. The first is the empty one, of the roots.
  const std::vector<Stack>& stacks() const { return stacks_; }
  const std::vector<std::string>& frames() const { return frames_; }
  // Places in frames(), outermost first.
  std::vector<uint32_t> FramesOf(const Stack& stack) const;

 private:
  ProfileStacks() : stacks_(1) {}
  // Reads all objects that a root reaches. Memory: some 20 bytes for each.
  absl::Status ReadDominators(HeapDb* db);
  absl::Status ReadAllocations(HeapDb* db);
  uint32_t Frame(std::string name);
  uint32_t Below(uint32_t parent, uint32_t frame);

  std::vector<Stack> stacks_;
  std::vector<std::string> frames_;
  absl::flat_hash_map<std::string, uint32_t> frame_places_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> stack_places_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_PROFILE_STACKS_H_
