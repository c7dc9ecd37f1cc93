#include "ruby/heap_pages.h"

#include "ruby/ruby_private.h"

namespace heap_dump {

void HeapPages::Gather() {
  ranges_.Clear();
  slots_ = 0;
  rb_objspace_each_objects(AddPage, this);
}

void HeapPages::GatherInCopy() {
  unswept_ = rb_objspace_each_objects_without_setup != nullptr;
  if (!unswept_) return Gather();
  ranges_.Clear();
  slots_ = 0;
  rb_objspace_each_objects_without_setup(AddPage, this);
}

bool HeapPages::IsAlive(VALUE slot) {
  if (!IsObject(slot)) return false;
  if (rb_objspace_garbage_object_p != nullptr) {
    return !rb_objspace_garbage_object_p(slot);
  }
  return rb_objspace_markable_object_p == nullptr ||
         rb_objspace_markable_object_p(slot);
}

size_t HeapPages::CountLive() const {
  size_t live = 0;
  ForEachObject([&live](VALUE, size_t) {
    ++live;
    return true;
  });
  return live;
}

int HeapPages::AddPage(void* begin, void* end, size_t stride, void* self) {
  HeapPages* const pages = static_cast<HeapPages*>(self);
  pages->ranges_.Push(
      {static_cast<char*>(begin), static_cast<char*>(end), stride});
  pages->slots_ +=
      (static_cast<char*>(end) - static_cast<char*>(begin)) / stride;
  return 0;
}

}  // namespace heap_dump
