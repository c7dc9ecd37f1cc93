#ifndef HEAP_DUMP_CAPTURE_REAPER_H_
#define HEAP_DUMP_CAPTURE_REAPER_H_

#include <sys/types.h>

#include "capture/report.h"

namespace heap_dump {

// Takes over a writer that does not end, for example because it hangs in the
// kernel on a disk that does not answer. A native thread waits for the writer,
// kills it if it is not in the kernel, removes its temporary file, closes
// `life_fd` and unmaps `report`. If no thread can be started, ReapAbandoned
// does that later. Returns at once. Allocates with malloc, so not for a process
// that a debugger stopped.
void ReapLater(pid_t writer, int life_fd, Report* report);

// Reaps, without waiting, the writers that no thread could be started for.
void ReapAbandoned();

// Sends what ends a writer, also a stopped one, in a way that lets it remove
// its temporary file first. Async-signal-safe.
void AskToEnd(pid_t writer);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_REAPER_H_
