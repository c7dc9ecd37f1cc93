#ifndef HEAP_DUMP_HEAP_FINALIZERS_H_
#define HEAP_DUMP_HEAP_FINALIZERS_H_

#include <ruby.h>
#include <ruby/st.h>

namespace heap_dump {

// The table of finalizers: from an object, which it does not mark, to an
// array of its procs, which it marks. Null if it was not found. To be called
// only if some object has FL_FINALIZE: the search for an empty table would look
// everywhere, in vain. `numbers` is any table of numbers, to know another one
// by.
//
// Nothing leads to it but the collector's own struct, so what that holds is
// searched for a table of numbers whose keys are objects with finalizers.
const st_table* FindFinalizerTable(const st_table* numbers);

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_FINALIZERS_H_
