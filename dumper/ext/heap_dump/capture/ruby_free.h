// Keeps Ruby in the copy of a process from calling free(3).

#ifndef HEAP_DUMP_CAPTURE_RUBY_FREE_H_
#define HEAP_DUMP_CAPTURE_RUBY_FREE_H_

namespace heap_dump {

// In the copy of a process: makes Ruby's calls of free do nothing. From
// Ruby 3.0 on, to mark a class frees the caches of its methods that were
// redefined, and in a copy made with clone(2) such a call may never return:
// another thread may have held malloc's lock at that moment. Replaces the
// address of free where Ruby's library, or program, keeps it; the copy's other
// calls are not affected. False: an address was not found or could not be
// replaced.
bool DisableRubyFree();

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_RUBY_FREE_H_
