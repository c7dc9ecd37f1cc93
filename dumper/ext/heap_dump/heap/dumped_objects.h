#ifndef HEAP_DUMP_HEAP_DUMPED_OBJECTS_H_
#define HEAP_DUMP_HEAP_DUMPED_OBJECTS_H_

#include <ruby.h>
#include <ruby/version.h>

#include <cstddef>

#include "heap/marked_objects.h"
#include "ruby/heap_pages.h"
#include "ruby/page_table.h"
#include "ruby/ruby_private.h"

namespace heap_dump {

// The objects that a dump is of, by their addresses: those that are marked,
// or all in the heap's pages. Both live longer.
class DumpedObjects {
 public:
  explicit DumpedObjects(const MarkedObjects* marked) : marked_(marked) {}
  explicit DumpedObjects(const HeapPages* pages) : pages_(pages) {}

  // Calls visit(object, slot size in bytes) for each, until it returns false.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (marked_ == nullptr) return pages_->ForEachObject(visit);
    marked_->ForEach(
        [&visit](VALUE object) { return visit(object, SlotSizeOf(object)); });
  }

  // Ruby 3.2 has slots of several sizes and no function that returns the size
  // of one. Where its pages do not say it either, ForEach passes the usual
  // size.
  static bool SlotSizesAreKnown() {
    return rb_gc_obj_slot_size != nullptr || RUBY_API_VERSION_CODE < 30200 ||
           PageTable::has_slot_sizes();
  }

 private:
  static size_t SlotSizeOf(VALUE object) {
    if (rb_gc_obj_slot_size != nullptr) return rb_gc_obj_slot_size(object);
    return PageTable::has_slot_sizes() ? PageTable::SlotSizeOf(object)
                                       : kUsualSlotSize;
  }

  const HeapPages* pages_ = nullptr;
  const MarkedObjects* marked_ = nullptr;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_DUMPED_OBJECTS_H_
