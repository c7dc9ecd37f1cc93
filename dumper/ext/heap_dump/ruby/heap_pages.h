#ifndef HEAP_DUMP_RUBY_HEAP_PAGES_H_
#define HEAP_DUMP_RUBY_HEAP_PAGES_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "util/arena.h"

namespace heap_dump {

// Bytes of a heap slot, unless they vary.
constexpr size_t kUsualSlotSize = 40;

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
  // The same in a copy of the process, where no sweep is finished if Ruby
  // allows it (not from 3.4 on): ForEachObject then leaves out what the sweep
  // is still to free.
  void GatherInCopy();

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
        if ((unswept_ ? IsAlive(object) : IsObject(object)) &&
            !visit(object, range.stride))
          return;
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

  // False as well for an object that the sweep is still to free: what it refers
  // to may be freed already.
  static bool IsAlive(VALUE slot);

 private:
  static int AddPage(void* begin, void* end, size_t stride, void* self);

  ArenaVector<Range> ranges_;
  size_t slots_ = 0;
  bool unswept_ = false;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_RUBY_HEAP_PAGES_H_
