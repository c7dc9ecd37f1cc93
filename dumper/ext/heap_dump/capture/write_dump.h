#ifndef HEAP_DUMP_CAPTURE_WRITE_DUMP_H_
#define HEAP_DUMP_CAPTURE_WRITE_DUMP_H_

#include <sys/types.h>

#include "capture/dump_status.h"
#include "capture/report.h"
#include "capture/request.h"
#include "util/output.h"

namespace heap_dump {

// Walks the heap and writes the dump, compressed as asked for, to `fd`; fills
// in the report's numbers. `watched_parent` is 0, or the process whose end
// ends the dump. Runs no Ruby code and uses no malloc.
Outcome WriteDump(const Request& request, int fd, pid_t watched_parent,
                  Report* report);
// The same to an output of the caller's; `report->bytes` is the caller's, too.
Outcome WriteDump(const Request& request, Output* target, Report* report);

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_WRITE_DUMP_H_
