#ifndef HEAP_DUMP_OBJECTS_SAMPLE_RECORD_H_
#define HEAP_DUMP_OBJECTS_SAMPLE_RECORD_H_

#include "heap/marked_objects.h"
#include "objects/object_writers.h"

namespace heap_dump {

// The record of sampled allocations, if there are any. `marked`: the objects of
// the dump; null: all.
void WriteAllocationSamples(const Context& context,
                            const MarkedObjects* marked);

}  // namespace heap_dump

#endif  // HEAP_DUMP_OBJECTS_SAMPLE_RECORD_H_
