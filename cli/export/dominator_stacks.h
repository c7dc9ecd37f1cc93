#ifndef HEAPQ_CLI_EXPORT_DOMINATOR_STACKS_H_
#define HEAPQ_CLI_EXPORT_DOMINATOR_STACKS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The dominator tree as a profile: an object's "stack" is the names of its
// dominators, outermost first, and its own. Objects with the same stack are
// one. So the width of a frame is what is retained through it.
//
// A dominator of the same name is not repeated (a list is one frame, however
// long), and what lies deeper than kDeepest counts for the frame there.
class DominatorStacks {
 public:
  static constexpr uint32_t kDeepest = 128;

  // Reads all objects that a root reaches. Memory: some 20 bytes for each.
  // Errors: kDataLoss where dominators go in a circle.
  static absl::StatusOr<DominatorStacks> Read(HeapDb* db);

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
  DominatorStacks() : stacks_(1) {}
  uint32_t Frame(std::string name);
  uint32_t Below(uint32_t parent, uint32_t frame);

  std::vector<Stack> stacks_;
  std::vector<std::string> frames_;
  absl::flat_hash_map<std::string, uint32_t> frame_places_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> stack_places_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_DOMINATOR_STACKS_H_
