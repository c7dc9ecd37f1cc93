#ifndef HEAP_DUMP_HEAP_REACHABILITY_H_
#define HEAP_DUMP_HEAP_REACHABILITY_H_

#include <ruby.h>
#include <ruby/st.h>

#include "heap/marked_objects.h"
#include "util/arena.h"

namespace heap_dump {

// Finds what a full collection would keep, without a collection: what the
// roots lead to by references that the GC follows. Weak references are not
// followed. Works while a collection is under way: an object that the sweep
// has not come to yet and will free is not followed, wherever a stale word of
// a stack still refers to it.
//
// Memory: MarkedObjects and a stack of at most 8 bytes an object.
class Reachability {
 public:
  explicit Reachability(Arena* arena) : objects_(arena), stack_(arena) {}
  Reachability(const Reachability&) = delete;
  Reachability& operator=(const Reachability&) = delete;

  // `numbers`: see FindFinalizerTable. False if what finalizers hold is not
  // known although there are some: then too little would look reachable. Out
  // of memory, the arena says so.
  bool Find(const st_table* numbers);

  const MarkedObjects& objects() const { return objects_; }
  // The table of finalizers; null if no reachable object has one, or if only
  // its values are known.
  const st_table* finalizers() const { return finalizers_; }

 private:
  void Take(VALUE target);
  void Drain();

  MarkedObjects objects_;
  ArenaVector<VALUE> stack_;
  const st_table* finalizers_ = nullptr;
  bool any_finalizer_ = false;
  bool roots_have_finalizers_ = false;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_REACHABILITY_H_
