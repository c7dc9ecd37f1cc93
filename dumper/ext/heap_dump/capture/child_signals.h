#ifndef HEAP_DUMP_CAPTURE_CHILD_SIGNALS_H_
#define HEAP_DUMP_CAPTURE_CHILD_SIGNALS_H_

#include <cstdint>

#include "capture/file_target.h"
#include "capture/report.h"

namespace heap_dump {

// Gives a fresh child its own signal handlers, in place of the host's: a
// crash, SIGTERM and the end of `timeout_ms` (0: none) remove the temporary
// file, leave their outcome in the report and end the process. A closed pipe
// or a full disk is an error of write(2). All others stay blocked, so that a
// signal meant for the host's process group changes nothing. What is pointed
// to must live as long as the process; no target: nothing to remove.
void InstallChildSignals(FileTarget* target, Report* report,
                         int64_t timeout_ms);

// Whether it is one of those by which a process ends that made a mistake.
bool IsCrash(int signal);

// From here on nothing but a SIGKILL can end the child before it ends itself.
void HoldChildSignals();

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_CHILD_SIGNALS_H_
