// The entry point of `require "heap_dump"`.
#include <ruby.h>

#include "capture/dump_binding.h"
#include "heap/count_objects.h"
#include "layout/layout.h"
#include "sampling/sampler.h"
#include "util/arena.h"
#include "walk/walk.h"

namespace heap_dump {
namespace {

// count(names): JSON text.
VALUE CountMethod(VALUE, VALUE names) {
  Check_Type(names, T_ARRAY);
  const long count = RARRAY_LEN(names);
  VALUE holder = 0;
  const char** const texts = ALLOCV_N(const char*, holder, count);
  for (long i = 0; i < count; ++i) {
    VALUE name = rb_ary_entry(names, i);
    texts[i] = StringValueCStr(name);
  }
  Arena arena;
  VALUE result;
  {
    ArenaVector<char> json(&arena);
    CountObjects(texts, count, &json);
    result = rb_utf8_str_new(json.begin(), json.size());
  }
  ALLOCV_END(holder);
  RB_GC_GUARD(names);
  return result;
}

}  // namespace
}  // namespace heap_dump

extern "C" __attribute__((visibility("default"))) void Init_heap_dump(void) {
#ifdef HAVE_RB_EXT_RACTOR_SAFE
  rb_ext_ractor_safe(true);
#endif
  const VALUE module = rb_define_module("HeapDump");
  heap_dump::PrepareLayout();
  heap_dump::PrepareWalk();
  heap_dump::DefineTakeMethod(module);
  heap_dump::DefineSamplingMethods(module);
  rb_define_private_method(rb_singleton_class(module), "count",
                           RUBY_METHOD_FUNC(heap_dump::CountMethod), 1);
}
