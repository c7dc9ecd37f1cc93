#ifndef HEAP_DUMP_HEAP_DIRECT_REFERENCES_H_
#define HEAP_DUMP_HEAP_DIRECT_REFERENCES_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "heap/marked_objects.h"
#include "util/arena.h"

namespace heap_dump {

// The objects that the GC marks through one object, each once, and which of
// them have been named. Reused for each object.
class ReachableSet {
 public:
  // A target that is not in `among` is left out; null: none is.
  ReachableSet(Arena* arena, const MarkedObjects* among)
      : among_(among), targets_(arena), slots_(arena) {}

  // Asks the GC.
  void Collect(VALUE object);

  // Builds a set by hand, for the roots.
  void Clear();
  void Add(VALUE target);

  bool Has(VALUE target) const { return Find(target) != kNone; }
  bool IsUnnamed(VALUE target) const {
    const size_t i = Find(target);
    return i != kNone && !targets_[i].named;
  }
  // Marks a target as named; false if it is none.
  bool Name(VALUE target) {
    const size_t i = Find(target);
    if (i == kNone) return false;
    targets_[i].named = true;
    return true;
  }

  size_t size() const { return targets_.size(); }

  // Calls take(target) for each target without a name, in the order in which
  // the GC came upon them; one that take returns true for has a name then.
  template <typename Take>
  void ForEachUnnamed(Take take) {
    for (Target& target : targets_) {
      if (!target.named && take(target.object)) target.named = true;
    }
  }

 private:
  struct Target {
    VALUE object;
    bool named;
  };
  // A hash table's slot; one of an earlier epoch is free.
  struct Slot {
    uint32_t epoch;
    uint32_t index;
  };
  static constexpr size_t kNone = ~size_t{0};
  // Up to so many targets are searched one by one.
  static constexpr size_t kFew = 8;

  size_t Find(VALUE target) const {
    if (targets_.size() > kFew) return FindHashed(target);
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i].object == target) return i;
    }
    return kNone;
  }
  size_t FindHashed(VALUE target) const;
  void Insert(size_t index);
  void Rehash();
  size_t SlotOf(VALUE target) const {
    return (target >> 3) * 0x9e3779b97f4a7c15u >> shift_;
  }

  const MarkedObjects* const among_;
  // No target if the GC names it.
  VALUE self_ = 0;
  ArenaVector<Target> targets_;
  ArenaVector<Slot> slots_;
  uint32_t epoch_ = 0;
  int shift_ = 64;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_DIRECT_REFERENCES_H_
