#ifndef HEAP_DUMP_HEAP_SUBCLASSES_H_
#define HEAP_DUMP_HEAP_SUBCLASSES_H_

#include <ruby.h>

#include "heap/dumped_objects.h"
#include "util/arena.h"

namespace heap_dump {

// Which classes inherit from a class, without included modules between them
// and without singletons: the answer of Class#subclasses. Ruby keeps it in
// lists that the GC does not follow and that no function returns without
// allocating, so it is computed from the classes.
class Subclasses {
 public:
  explicit Subclasses(Arena* arena) : pairs_(arena) {}

  // Looks at every object once.
  void Gather(const DumpedObjects& objects);

  // Calls take(subclass) for each of them, in the order of their addresses.
  template <typename Take>
  void ForEach(VALUE klass, Take take) const {
    for (size_t i = FirstOf(klass);
         i < pairs_.size() && pairs_[i].super == klass; ++i) {
      take(pairs_[i].klass);
    }
  }

 private:
  struct Pair {
    VALUE super;
    VALUE klass;
  };

  size_t FirstOf(VALUE klass) const;

  ArenaVector<Pair> pairs_;  // sorted
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_SUBCLASSES_H_
