#ifndef HEAP_DUMP_RUBY_POSTPONED_JOB_H_
#define HEAP_DUMP_RUBY_POSTPONED_JOB_H_

namespace heap_dump {

// Has Ruby call `run(nullptr)` at its next safe point, in the main Ractor.
// Callable from a signal handler, from a hook in the middle of an allocation
// and from a thread without the GVL: takes no lock and allocates nothing.
// Requests for the same function that are still waiting are one. False: Ruby's
// table of jobs is full.
bool RunAtSafePoint(void (*run)(void*));

}  // namespace heap_dump

#endif  // HEAP_DUMP_RUBY_POSTPONED_JOB_H_
