#ifndef HEAP_DUMP_SAMPLING_STACK_TABLE_H_
#define HEAP_DUMP_SAMPLING_STACK_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "sampling/byte_strings.h"
#include "text/text.h"
#include "util/arena.h"

namespace heap_dump {

// Stacks of Ruby code as text, each distinct one once. Its memory is its own,
// so that a copy of the process can read it. All numbers count from 0. For one
// thread.
class StackTable {
 public:
  static constexpr uint32_t kNone = ByteStrings::kNone;

  // Numbers of texts. A label is prefix, owner and name: "block in ", "Shop#",
  // "add".
  struct Frame {
    uint32_t file;
    uint32_t line;
    uint32_t prefix;
    uint32_t owner;
    uint32_t name;
  };

  // Each Add gives the number of an equal item where there is one, and kNone if
  // there is no memory left.
  uint32_t AddText(TextView text) {
    return texts_.Intern(text.data, text.size);
  }
  uint32_t AddFrame(const Frame& frame) {
    return frames_.Intern(&frame, sizeof(frame));
  }
  // `frames`: innermost first.
  uint32_t AddStack(const uint32_t* frames, size_t count) {
    return stacks_.Intern(frames, count * sizeof(*frames));
  }
  // Adds a stack of another table.
  uint32_t AddStackOf(const StackTable& other, uint32_t stack);

  TextView TextAt(uint32_t text) const {
    return {texts_.data(text), texts_.size(text)};
  }
  Frame FrameAt(uint32_t frame) const;
  // The frame of a stack; `place` 0 is the innermost one.
  uint32_t FrameOf(uint32_t stack, size_t place) const;
  size_t DepthOf(uint32_t stack) const {
    return stacks_.size(stack) / sizeof(uint32_t);
  }
  uint32_t frames() const { return frames_.count(); }
  uint32_t stacks() const { return stacks_.count(); }

  // Forgets everything and keeps the memory.
  void Clear();

 private:
  Arena arena_;
  ByteStrings texts_{&arena_};
  ByteStrings frames_{&arena_};  // Frame
  ByteStrings stacks_{&arena_};  // numbers of frames
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_STACK_TABLE_H_
