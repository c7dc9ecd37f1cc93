#ifndef HEAP_DUMP_CAPTURE_DUMP_LOCK_H_
#define HEAP_DUMP_CAPTURE_DUMP_LOCK_H_

namespace heap_dump {

// The right to take a dump: one for each process, for any thread, also in the
// middle of a signal handler. A process that was forked while its parent took
// a dump has its own.
bool ClaimDump();
void ReleaseDump();

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_DUMP_LOCK_H_
