#ifndef HEAP_DUMP_OBJECTS_DATA_OBJECTS_H_
#define HEAP_DUMP_OBJECTS_DATA_OBJECTS_H_

#include <ruby.h>

#include <cstring>

#include "objects/object_writers.h"

namespace heap_dump {

// The fields of single types of T_DATA; `data` is the object's struct.
void WriteThread(const Context& context, VALUE thread, const void* data);
void WriteFiber(const Context& context, VALUE fiber, const void* data);
void WriteRactor(const Context& context, const void* data);
void WriteWeakMap(const Context& context, const void* data);
// WeakKeyMap (3.3 and later): keys are weak, values are marked.
void WriteWeakKeyMap(const Context& context, const void* data);

inline bool IsType(VALUE target, int type) {
  return BUILTIN_TYPE(target) == type;
}

inline bool IsDataOf(VALUE target, const char* type_name) {
  if (!IsType(target, T_DATA) || !RTYPEDDATA_P(target)) return false;
  const char* const name = RTYPEDDATA_TYPE(target)->wrap_struct_name;
  return name != nullptr && strcmp(name, type_name) == 0;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_OBJECTS_DATA_OBJECTS_H_
