#include "heap/subclasses.h"

#include <algorithm>

#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

// Modules included into one class; more are a loop.
constexpr int kMostModules = 100000;

// Null if there is none.
VALUE SuperclassOf(VALUE klass) {
  VALUE super = klass;
  for (int i = 0; i < kMostModules; ++i) {
    super = rb_class_get_superclass(super);
    if (super == 0 || SPECIAL_CONST_P(super)) return 0;
    if (BUILTIN_TYPE(super) == T_CLASS) return super;
  }
  return 0;
}

}  // namespace

void Subclasses::Gather(const DumpedObjects& objects) {
  pairs_.Clear();
  objects.ForEach([this](VALUE object, size_t) {
    if (BUILTIN_TYPE(object) != T_CLASS || FL_TEST_RAW(object, FL_SINGLETON)) {
      return true;
    }
    const VALUE super = SuperclassOf(object);
    if (super != 0) pairs_.Push({super, object});
    return true;
  });
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) {
    return a.super != b.super ? a.super < b.super : a.klass < b.klass;
  });
}

size_t Subclasses::FirstOf(VALUE klass) const {
  const Pair* const first = std::lower_bound(
      pairs_.begin(), pairs_.end(), klass,
      [](const Pair& pair, VALUE super) { return pair.super < super; });
  return first - pairs_.begin();
}

}  // namespace heap_dump
