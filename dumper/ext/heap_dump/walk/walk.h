#ifndef HEAP_DUMP_WALK_WALK_H_
#define HEAP_DUMP_WALK_WALK_H_

#include <cstdint>

#include "record/walk_options.h"
#include "util/output.h"

namespace heap_dump {

class Arena;

struct WalkStats {
  uint64_t objects = 0;
  // Distinct strong references of each object, summed.
  uint64_t edges = 0;
  // Edges in a plain "refs".
  uint64_t unnamed_edges = 0;
};

// Failures of WalkHeap besides errno values, which are positive.
constexpr int kWalkOutOfMemory = -1;
// kReachable: what finalizers hold is not known. kEverything still works.
constexpr int kWalkFinalizersUnknown = -2;

// Writes a whole dump, as docs/reference/format.md has it. Runs no Ruby code,
// makes no Ruby object, raises nothing and takes memory from the arena alone,
// so that it may run in a cloned process that has only the calling thread. The
// caller owns the heap: it has the GVL, or the heap is a copy; no collection
// runs. Returns 0 or a failure; the output has the reason if it failed.
int WalkHeap(const WalkOptions& options, Output* output, Arena* arena,
             WalkStats* stats);

// Makes, once, what the walk needs of malloc: to be called before the process
// is copied, so that the copy has it. Without it WalkHeap makes its own.
void ReserveForWalk();

// To be called once from Init, where Ruby objects may be made; without it, a
// header has fewer numbers.
void PrepareWalk();

}  // namespace heap_dump

#endif  // HEAP_DUMP_WALK_WALK_H_
