#ifndef HEAP_DUMP_WALK_H_
#define HEAP_DUMP_WALK_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "output.h"

namespace heap_dump {

class Arena;
class HeapPages;

// Which objects a dump is of.
enum class Selection {
  kReachable,   // what a full collection would keep; found without one
  kEverything,  // garbage as well
};

// How much of the text of strings, symbols and regexps is written.
enum class StringMode { kFull, kTruncate, kNone, kHash };

struct WalkOptions {
  // For the header: clone, fork or in_place.
  const char* mode = "in_place";
  // For the header: why it is not the mode that was asked for, or null.
  const char* fallback = nullptr;
  // The process that the dump is of; 0: this one.
  pid_t pid = 0;
  StringMode strings = StringMode::kFull;
  // kTruncate: bytes of a string that are shown.
  size_t truncate_bytes = 1024;
  // kTruncate and kHash: key of the hash that stands for a string's text.
  uint64_t hash_key[2] = {0, 0};
  Selection selection = Selection::kReachable;
  // For the header: a full collection was made for this dump.
  bool collected = false;
  // For the header: nanoseconds for which the process stopped, which it sets
  // when it goes on; null: not known before the end.
  const volatile int64_t* stop_ns = nullptr;
  // For the header: a sentence, or null.
  const char* warning = nullptr;
  // kEverything: where the objects are, if that was found out before the
  // process was copied; else WalkHeap asks Ruby, which uses malloc.
  const HeapPages* pages = nullptr;
};

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

// Finds out what it can about this Ruby, by its own code where needed. To be
// called once from Init; without it (the library was only dlopened) less is
// checked before it is relied upon. May raise what another thread or a signal
// raised meanwhile.
void PrepareLayout();

}  // namespace heap_dump

#endif  // HEAP_DUMP_WALK_H_
