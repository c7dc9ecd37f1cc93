#ifndef HEAP_DUMP_RUBY_OBJECT_TYPES_H_
#define HEAP_DUMP_RUBY_OBJECT_TYPES_H_

namespace heap_dump {

// "T_STRING" for a builtin type's number; "T_UNKNOWN" for one that is new.
const char* ObjectTypeName(int type);

}  // namespace heap_dump

#endif  // HEAP_DUMP_RUBY_OBJECT_TYPES_H_
