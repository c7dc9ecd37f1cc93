#ifndef HEAP_DUMP_SAMPLING_FRAME_TEXTS_H_
#define HEAP_DUMP_SAMPLING_FRAME_TEXTS_H_

#include <cstdint>

#include "sampling/burst.h"
#include "sampling/byte_strings.h"
#include "sampling/stack_table.h"
#include "util/arena.h"

namespace heap_dump {

// Turns the stacks of a burst into text. The stacks of one burst have most
// frames in common; each is turned into text once, as that makes Ruby strings.
class FrameTexts {
 public:
  // Before the hits of another burst: until then Ruby keeps the code in place.
  void Begin();

  // The number of the stack in `table`; kNone if nothing of it can be shown.
  uint32_t StackOf(const Burst::Hit& hit, StackTable* table);

 private:
  uint32_t FrameOf(VALUE frame, int line, StackTable* table);

  Arena arena_;
  ByteStrings seen_{&arena_};               // code and line
  ArenaVector<uint32_t> numbers_{&arena_};  // by seen_
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_FRAME_TEXTS_H_
