#include "sampling/stack_table.h"

#include <cstring>
#include <initializer_list>

namespace heap_dump {

StackTable::Frame StackTable::FrameAt(uint32_t frame) const {
  Frame copy;
  memcpy(&copy, frames_.data(frame), sizeof(copy));
  return copy;
}

uint32_t StackTable::FrameOf(uint32_t stack, size_t place) const {
  uint32_t frame;
  memcpy(&frame, stacks_.data(stack) + place * sizeof(frame), sizeof(frame));
  return frame;
}

uint32_t StackTable::AddStackOf(const StackTable& other, uint32_t stack) {
  ArenaVector<uint32_t> frames(&arena_);
  for (size_t i = 0; i < other.DepthOf(stack); ++i) {
    Frame frame = other.FrameAt(other.FrameOf(stack, i));
    for (uint32_t* text :
         {&frame.file, &frame.prefix, &frame.owner, &frame.name}) {
      *text = AddText(other.TextAt(*text));
      if (*text == kNone) return kNone;
    }
    frames.Push(AddFrame(frame));
    if (frames.size() != i + 1 || frames[i] == kNone) return kNone;
  }
  return AddStack(frames.begin(), frames.size());
}

void StackTable::Clear() {
  texts_.Clear();
  frames_.Clear();
  stacks_.Clear();
}

}  // namespace heap_dump
