#include "sampling/burst.h"

#include <ruby/debug.h>

namespace heap_dump {

bool IsVisible(VALUE object) {
  switch (RB_BUILTIN_TYPE(object)) {
    case T_NONE:
    case T_IMEMO:
    case T_NODE:
    case T_ICLASS:
    case T_ZOMBIE:
    case T_MOVED:
      return false;
    default:
      return RBASIC_CLASS(object) != 0;
  }
}

// Marsaglia's xorshift (2003): strides of 1 to 127. A fixed stride would fall
// into step with loops.
uint32_t Burst::NextStride() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return 1 + static_cast<uint32_t>(random_ % (2 * kMeanStride - 1));
}

void Burst::Open() {
  Clear();
  skip_ = NextStride();
  open_.store(true);
}

void Burst::Allocated(VALUE object) {
  if (!open_.load(std::memory_order_relaxed)) return;
  if (busy_.test_and_set(std::memory_order_acquire)) return;
  if (open_.load() && --skip_ == 0) {
    skip_ = NextStride();
    if (IsVisible(object)) {
      Hit* const hit = &hit_[count_];
      hit->object = object;
      hit->depth = rb_profile_frames(0, kDeepest, hit->frames, hit->lines);
      ++count_;
    }
    if (++hits_ == kHits) {
      open_.store(false);
      full_();
    }
  }
  busy_.clear(std::memory_order_release);
}

void Burst::Mark() const {
  for (int i = 0; i < count_; ++i) {
    rb_gc_mark(hit_[i].object);
    for (int j = 0; j < hit_[i].depth; ++j) rb_gc_mark(hit_[i].frames[j]);
  }
}

}  // namespace heap_dump
