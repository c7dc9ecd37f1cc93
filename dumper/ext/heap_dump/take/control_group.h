#ifndef HEAP_DUMP_TAKE_CONTROL_GROUP_H_
#define HEAP_DUMP_TAKE_CONTROL_GROUP_H_

#include <cstddef>

namespace heap_dump {

// Whether the out-of-memory killer ends all processes of this one's control
// group together (cgroup v2, memory.oom.group of it or of a group above). Then
// a dump that needs too much memory takes the dumped process with it, though it
// offers itself to be killed first. If so, a sentence about it is put into
// `text`, ended by NUL. Reads files; uses no malloc.
bool DiesWithItsGroup(char* text, size_t size);

}  // namespace heap_dump

#endif  // HEAP_DUMP_TAKE_CONTROL_GROUP_H_
