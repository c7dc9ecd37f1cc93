#ifndef HEAP_DUMP_LAYOUT_LAYOUT_CHECKS_H_
#define HEAP_DUMP_LAYOUT_LAYOUT_CHECKS_H_

#include "layout/layout.h"

namespace heap_dump {

// Compares what the layout and the structs of namespace layout say with things
// whose contents are known. Makes Ruby objects. Forbids what is not as
// expected; reads nothing but through SafeRead.
void CheckLayout(const Layout& layout);

// Checks the current thread alone, without Ruby code and without an
// allocation: for a library that a debugger loaded.
void CheckThreadOnly(const Layout& layout);

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_LAYOUT_CHECKS_H_
