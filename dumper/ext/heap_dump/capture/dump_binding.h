#ifndef HEAP_DUMP_CAPTURE_DUMP_BINDING_H_
#define HEAP_DUMP_CAPTURE_DUMP_BINDING_H_

#include <ruby.h>

namespace heap_dump {

// Defines HeapDump.take, which lib/heap_dump/dump.rb calls.
void DefineTakeMethod(VALUE module);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_DUMP_BINDING_H_
