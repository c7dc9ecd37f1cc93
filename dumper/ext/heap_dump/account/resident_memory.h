#ifndef HEAP_DUMP_ACCOUNT_RESIDENT_MEMORY_H_
#define HEAP_DUMP_ACCOUNT_RESIDENT_MEMORY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// What a page of memory is used for.
enum class MemoryUse {
  kRubyHeap,      // slots of Ruby's objects
  kThreadStacks,  // machine stacks of threads
  kFiberStacks,
  kMainHeap,   // malloc's, at the program break
  kArenas,     // malloc's, glibc's further arenas
  kCode,       // written by a compiler at run time
  kFiles,      // programs, libraries, mapped files, data sections included
  kShared,     // shared with other processes without a file on a disk
  kAnonymous,  // anything else: malloc's large blocks, an allocator's memory
};
constexpr int kMemoryUses = 9;

// The name in the dump.
const char* NameOf(MemoryUse use);

// A range of addresses whose use is known, as far as it lies in the mapping
// that has `anchor`: a guard page ends a stack, whatever size Ruby gives it.
struct KnownRange {
  uintptr_t begin;
  uintptr_t end;
  uintptr_t anchor;
  MemoryUse use;
};

struct ResidentMemory {
  // Bytes that are in memory, by MemoryUse.
  uint64_t bytes[kMemoryUses] = {};
  // Bytes of kRubyHeap within malloc's memory, as up to Ruby 3.0.
  uint64_t ruby_heap_in_malloc = 0;
  // glibc's arenas besides the main one.
  uint64_t arenas = 0;
};

// Reads which pages of the process are in memory from its maps and pagemap,
// about 10 ms a GB. `known`: sorted by address, without overlaps. Null, or why
// the result is incomplete. Uses no malloc.
const char* ReadResidentMemory(pid_t pid, const KnownRange* known, size_t count,
                               ResidentMemory* resident);

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_RESIDENT_MEMORY_H_
