#ifndef HEAP_DUMP_SAMPLING_SAMPLER_H_
#define HEAP_DUMP_SAMPLING_SAMPLER_H_

#include <ruby.h>

#include <cstdint>

#include "sampling/sample_table.h"

namespace heap_dump {

// The samples that a dump writes.
struct AllocationSamples {
  const SampleTable* table = nullptr;
  uint64_t interval_ms = 0;
  uint64_t bursts = 0;
  uint64_t allocated = 0;  // objects allocated while sampling was on
};

// The samples of objects that are alive now; `table` is null if sampling was
// never on. With the GVL, in a moment at which Ruby methods may be called. The
// answer is true until Ruby code runs again.
AllocationSamples LookAtSamples();

// Private methods of HeapDump that HeapDump.sample_allocations is made of.
void DefineSamplingMethods(VALUE module);

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_SAMPLER_H_
