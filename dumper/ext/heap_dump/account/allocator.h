#ifndef HEAP_DUMP_ACCOUNT_ALLOCATOR_H_
#define HEAP_DUMP_ACCOUNT_ALLOCATOR_H_

#include <cstdint>

namespace heap_dump {

// What malloc says of itself, in bytes.
struct AllocatorStatistics {
  // False: `why` says the reason, and no figure is known.
  bool known = false;
  const char* why = "";
  // Held by the program: in blocks that were allocated and not freed. With
  // glibc, without those that have a mapping of their own.
  uint64_t in_use = 0;
  // glibc: in blocks that have a mapping of their own.
  uint64_t mapped = 0;
  // glibc: free blocks that malloc keeps, resident or not.
  uint64_t free = 0;
  // glibc: the part of `free` at the end of the main heap, which malloc_trim
  // returns at once.
  uint64_t top = 0;
  // jemalloc: pages that hold blocks or are kept for them.
  uint64_t resident = 0;
};

// The allocator that this process has: "glibc", "jemalloc", "tcmalloc",
// "mimalloc" or "unknown".
const char* AllocatorName();

// Asks the allocator. In a copy of the process, `in_copy`, a thread that is not
// there may have held the allocator's lock for good: a helper process with the
// same memory asks, and is given up after a second.
AllocatorStatistics AskAllocator(bool in_copy);

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_ALLOCATOR_H_
