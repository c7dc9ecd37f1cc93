#ifndef HEAP_DUMP_RECORD_WALK_OPTIONS_H_
#define HEAP_DUMP_RECORD_WALK_OPTIONS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace heap_dump {

struct AllocationSamples;
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
  // Where sampled objects were allocated; null: no allocations were sampled, or
  // Ruby could not be asked which of them are alive.
  const AllocationSamples* samples = nullptr;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_RECORD_WALK_OPTIONS_H_
