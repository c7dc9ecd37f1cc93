#ifndef HEAP_DUMP_TAKE_STOPPED_WORLD_H_
#define HEAP_DUMP_TAKE_STOPPED_WORLD_H_

#include "take/outcome.h"
#include "take/request.h"
#include "take/snapshot.h"

namespace heap_dump {

// Snapshot::Begin for a process with several Ractors, whose threads run at
// the same time: a copy made just so could catch one of them in the middle
// of a change to the heap, or with the VM's lock in its hands. From Ruby 3.4
// on they can be stopped, at places where the heap is sound, and the copy is
// made then. Before, only a collection stops them, and lets go when it is
// done; so a minor one is made, and the copy at its very end. The copy then
// returns from the collector like the original and finds the VM's lock free.
//
// Not for mode kInPlace. GVL held. Raises nothing: what Ruby code raised
// meanwhile, a signal's handler or another thread, is in `raised`, the state of
// rb_protect; the caller then abandons the snapshot and jumps to that tag.
Outcome BeginWithWorldStopped(const Request& request, Snapshot* snapshot,
                              int* raised);

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_STOPPED_WORLD_H_
