#ifndef HEAP_DUMP_TAKE_STOPPED_WORLD_H_
#define HEAP_DUMP_TAKE_STOPPED_WORLD_H_

#include "take/outcome.h"
#include "take/request.h"
#include "take/snapshot.h"

namespace heap_dump {

// Snapshot::Begin for a process with several Ractors, whose threads run at
// the same time: a copy made just so could catch one of them in the middle
// of a change to the heap, or with the VM's lock in its hands. Only a
// collection stops them all, at places where the heap is sound, and lets go
// when it is done; so one is provoked, and the copy is made at its very end.
// The copy then returns from the collector like the original and finds the
// VM's lock free. Costs a minor collection, during which nothing runs.
//
// Mode kInPlace is refused: nothing would hold the others back. GVL held;
// raises nothing.
Outcome BeginWithWorldStopped(const Request& request, Snapshot* snapshot);

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_STOPPED_WORLD_H_
