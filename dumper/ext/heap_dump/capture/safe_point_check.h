#ifndef HEAP_DUMP_CAPTURE_SAFE_POINT_CHECK_H_
#define HEAP_DUMP_CAPTURE_SAFE_POINT_CHECK_H_

#include "capture/dump_status.h"

namespace heap_dump {

// For a caller that Ruby did not call, a debugger: may the heap be read from
// this thread, at this moment? kOk, or which refusal. Runs no Ruby code and
// is safe on any thread, at any time.
//
// kOk holds only as long as no other thread runs: the heap belongs to this
// thread (it has the GVL) or to none (every thread waits outside of Ruby).
Code CheckHost();

// This native thread is one of Ruby's. Safe on any thread, at any time.
bool OnRubyThread();

// The Ractor (before 3.0: the VM) that this thread belongs to, only to be
// compared; null if it belongs to none.
const void* RactorOfThread();

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_SAFE_POINT_CHECK_H_
