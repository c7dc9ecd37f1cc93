#include "heap/reachability.h"

#include <cstring>

#include "heap/finalizers.h"
#include "ruby/heap_pages.h"
#include "ruby/ruby_private.h"

namespace heap_dump {

bool Reachability::Find(const st_table* numbers) {
  rb_objspace_reachable_objects_from_root(
      [](const char* category, VALUE target, void* data) {
        Reachability* const self = static_cast<Reachability*>(data);
        if (strcmp(category, "finalizers") == 0) {
          self->roots_have_finalizers_ = true;
        }
        self->Take(target);
      },
      this);
  Drain();
  if (any_finalizer_) {
    finalizers_ = FindFinalizerTable(numbers);
    if (finalizers_ == nullptr && !roots_have_finalizers_) return false;
    // From Ruby 3.4 on, the roots that Ruby reports leave the table out.
    if (finalizers_ != nullptr) {
      st_foreach(
          const_cast<st_table*>(finalizers_),
          [](st_data_t, st_data_t procs, st_data_t self) -> int {
            reinterpret_cast<Reachability*>(self)->Take(procs);
            return ST_CONTINUE;
          },
          reinterpret_cast<st_data_t>(this));
      Drain();
    }
  }
  objects_.Sort();
  return true;
}

void Reachability::Take(VALUE target) {
  if (SPECIAL_CONST_P(target) || !objects_.Add(target)) return;
  if (!HeapPages::IsAlive(target)) {
    objects_.Remove(target);
    return;
  }
  if (FL_TEST_RAW(target, FL_FINALIZE)) any_finalizer_ = true;
  stack_.Push(target);
}

void Reachability::Drain() {
  while (!stack_.empty() && !stack_.arena()->failed()) {
    const VALUE object = stack_[stack_.size() - 1];
    stack_.Shrink(stack_.size() - 1);
    rb_objspace_reachable_objects_from(
        object,
        [](VALUE target, void* self) {
          static_cast<Reachability*>(self)->Take(target);
        },
        this);
  }
}

}  // namespace heap_dump
