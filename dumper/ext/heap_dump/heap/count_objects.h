#ifndef HEAP_DUMP_HEAP_COUNT_OBJECTS_H_
#define HEAP_DUMP_HEAP_COUNT_OBJECTS_H_

#include <cstddef>

#include "util/arena.h"

namespace heap_dump {

// Counts slots by type, and objects by class for the classes that `names`
// ask for: those with such a name, or below it ("Ns" counts "Ns::A"). Appends
// pretty JSON to `json`. Makes no Ruby object and runs no Ruby code; takes
// memory from `json`'s arena, and from malloc for Ruby's own list of pages.
void CountObjects(const char* const* names, size_t count,
                  ArenaVector<char>* json);

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_COUNT_OBJECTS_H_
