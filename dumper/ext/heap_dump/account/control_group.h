#ifndef HEAP_DUMP_ACCOUNT_CONTROL_GROUP_H_
#define HEAP_DUMP_ACCOUNT_CONTROL_GROUP_H_

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// Whether the out-of-memory killer ends all processes of this one's control
// group together (cgroup v2, memory.oom.group of it or of a group above). Then
// a dump that needs too much memory takes the dumped process with it, though it
// offers itself to be killed first. If so, a sentence about it is put into
// `text`, ended by NUL. Reads files; uses no malloc.
bool DiesWithItsGroup(char* text, size_t size);

// Bytes. 0: the group has no limit, or the file cannot be read.
struct GroupMemory {
  uint64_t limit = 0;  // the lowest of this group and the groups above
  uint64_t used = 0;   // of this group, page cache included
};

// The memory of this process's control group, version 2 or 1. Uses no malloc.
GroupMemory ReadGroupMemory();

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_CONTROL_GROUP_H_
