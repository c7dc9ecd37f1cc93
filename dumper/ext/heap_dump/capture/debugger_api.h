#ifndef HEAP_DUMP_CAPTURE_DEBUGGER_API_H_
#define HEAP_DUMP_CAPTURE_DEBUGGER_API_H_

// The functions that a debugger calls in a process that need not have loaded
// the gem; see dumper/gdb/. All may be called right after a bare dlopen.

#include "capture/dump_status.h"

#define HEAPDUMP_API __attribute__((visibility("default")))

extern "C" {

// Copies the process; the copy writes a dump to `path` (null: "dump.json"),
// compressed when that ends in .gz or .zst, while this process may go on. 0,
// or a code of capture/dump_status.h, which heapdump_message explains.
HEAPDUMP_API int heapdump_begin(const char* path);
// The same with the path in heapdump_argument.
HEAPDUMP_API int heapdump_begin_argument(void);
// The same at the next moment that suits, on whichever thread then runs Ruby
// code, and with all Ractors stopped: for a process that is found collecting
// garbage again and again, or that has several Ractors. 0 if that was
// arranged; heapdump_pending is 1 until it was tried, then heapdump_code
// has the outcome. To cancel it, a debugger sets heapdump_pending to 0.
HEAPDUMP_API int heapdump_begin_later(void);
// Which Ractor (before Ruby 3.0: which VM) the calling thread belongs to, as
// an address; null if it is not a thread of Ruby.
HEAPDUMP_API const void* heapdump_ractor(void);
// The outcome of what heapdump_begin began: 0 when the dump is complete, -7
// when it is still being written, else why there is none. With `wait` it first
// waits for the writer, for ten minutes at most.
HEAPDUMP_API int heapdump_end(int wait);
// Both at once.
HEAPDUMP_API int heapdump_dump(const char* path);

// Counts the objects of the named classes and of everything in the named
// namespaces; the names end with a null or an empty one. Prints JSON to the
// process's stdout; returns 0 or a code.
HEAPDUMP_API int heapdump_count_objects_print(const char* name, ...);
// The same as a text that the caller frees, null if it was refused: then
// heapdump_code has the reason.
HEAPDUMP_API char* heapdump_count_objects_return(const char* name, ...);
// The same for the names in heapdump_argument, each ended by NUL, an empty
// one last. The text is in heapdump_text until the next count.
HEAPDUMP_API int heapdump_count_argument(void);

HEAPDUMP_API const char* heapdump_message(int code);

// The last call's code, and its errno or signal.
HEAPDUMP_API extern int heapdump_code;
HEAPDUMP_API extern int heapdump_detail;
HEAPDUMP_API extern int heapdump_pending;
// 1: fork(2) stands in where the system refuses clone(2); 0, the default: then
// there is no dump. A process that was stopped at an arbitrary moment cannot be
// dumped in place.
HEAPDUMP_API extern int heapdump_fork_allowed;
// Microseconds for which the last heapdump_begin, or what heapdump_begin_later
// arranged, kept the process from going on. A debugger's own stop is longer.
HEAPDUMP_API extern long heapdump_stop_us;
// Options that a debugger may set before it begins a dump; all are 0 at first.
// Write garbage as well:
HEAPDUMP_API extern int heapdump_garbage;
// heapdump_begin_later makes a full collection first:
HEAPDUMP_API extern int heapdump_gc;
// heapdump_begin_later need not stop other Ractors, as there are none:
HEAPDUMP_API extern int heapdump_one_ractor;
// Bytes a second that the dump's writing is kept to; 0: no limit.
HEAPDUMP_API extern long heapdump_rate;
// Objects in the last dump that heapdump_end found whole.
HEAPDUMP_API extern long heapdump_objects;
HEAPDUMP_API extern char* heapdump_text;
// How much of the program's texts the next dump shows: 0 full, 1 truncate, 2
// none, 3 hash.
HEAPDUMP_API extern int heapdump_strings;
// Where a debugger puts an argument without allocating anything here.
HEAPDUMP_API extern char heapdump_argument[4096];
HEAPDUMP_API extern int heapdump_argument_size;
}

namespace heap_dump {

// Sets heapdump_code and heapdump_detail; gives the code.
int Told(const Outcome& outcome);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_DEBUGGER_API_H_
