#ifndef HEAP_DUMP_HEAP_PAGES_H_
#define HEAP_DUMP_HEAP_PAGES_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "arena.h"

namespace heap_dump {

// Where Ruby's objects are: ranges of slots. Valid until the next allocation
// or collection, and in a copy of the process for good.
class HeapPages {
 public:
  struct Range {
    char* begin;
    char* end;
    size_t stride;
  };

  explicit HeapPages(Arena* arena) : ranges_(arena) {}

  // Asks Ruby, which finishes a sweep that is under way and uses malloc.
  void Gather();

  size_t slots() const { return slots_; }
  // Slots with an object in them. Looks at each: milliseconds a million,
  // which a process that is to go on soon leaves to its copy.
  size_t CountLive() const;

  // Calls visit(object, stride) for each object in address order of each
  // page, until it returns false.
  template <typename Visit>
  void ForEachObject(Visit visit) const {
    for (const Range& range : ranges_) {
      for (char* slot = range.begin; slot < range.end; slot += range.stride) {
        const VALUE object = reinterpret_cast<VALUE>(slot);
        if (IsObject(object) && !visit(object, range.stride)) return;
      }
    }
  }

  // False for a free slot, and for what is only left of an object.
  static bool IsObject(VALUE slot) {
    const VALUE flags = reinterpret_cast<struct RBasic*>(slot)->flags;
    const int type = static_cast<int>(flags & RUBY_T_MASK);
    constexpr int kMoved = 0x1e;
    return type != RUBY_T_NONE && type != RUBY_T_ZOMBIE && type != kMoved;
  }

 private:
  static int AddPage(void* begin, void* end, size_t stride, void* self);

  ArenaVector<Range> ranges_;
  size_t slots_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_PAGES_H_
