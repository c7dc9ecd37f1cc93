#ifndef HEAP_DUMP_HEAP_GLOBALS_H_
#define HEAP_DUMP_HEAP_GLOBALS_H_

#include "layout/layout.h"

namespace heap_dump {

// The table of all global variables, or null if it was not found. It is no
// exported symbol, so libruby's writable memory is searched for it: for a
// pointer to a table that has "$stdout" and nothing but global variables.
// Found once, then remembered.
const layout::IdTable* GlobalVariables();

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_GLOBALS_H_
