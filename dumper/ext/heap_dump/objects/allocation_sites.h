#ifndef HEAP_DUMP_OBJECTS_ALLOCATION_SITES_H_
#define HEAP_DUMP_OBJECTS_ALLOCATION_SITES_H_

#include "objects/object_writers.h"

namespace heap_dump {

// Looks for Ruby's objspace extension, which notes where objects are made
// while ObjectSpace.trace_object_allocations runs. Takes the loader's lock, so
// it is not for a copied process; to be called before each dump, as the
// program may load it at any time. Without it no sites are written.
void FindAllocationSites();

// "file", "line", "method" and "generation" (the count of collections then),
// if the object's allocation was noted.
void WriteAllocationSite(const Context& context, VALUE object);

}  // namespace heap_dump

#endif  // HEAP_DUMP_OBJECTS_ALLOCATION_SITES_H_
