#ifndef HEAP_DUMP_CAPTURE_STOP_THE_WORLD_H_
#define HEAP_DUMP_CAPTURE_STOP_THE_WORLD_H_

#include "capture/dump_status.h"
#include "capture/request.h"
#include "capture/snapshot.h"

namespace heap_dump {

// Calls Snapshot::Begin at a moment at which no other Ractor runs. The threads
// of other Ractors run in parallel, so a copy made at any other moment could
// catch one of them in the middle of a change to the heap, or with the VM's
// lock held.
//
// Ruby 3.4 and later can stop them where the heap is sound; the copy is made
// then. Before 3.4 only a collection stops them, until it ends; so this runs a
// minor one and makes the copy at its very end. The copy then returns from the
// collector like the original and finds the VM's lock free.
//
// `several_ractors`: what Ractor.count says. From Ruby 4.0 on the lock is taken
// whatever it says.
//
// Not for mode kInPlace. The caller holds the GVL. Raises nothing: what Ruby
// code raised meanwhile (a signal's handler, another thread) is in `raised`,
// the state of rb_protect; the caller then abandons the snapshot and jumps to
// that tag.
Outcome BeginSafely(const Request& request, bool several_ractors,
                    Snapshot* snapshot, int* raised);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_STOP_THE_WORLD_H_
