#ifndef HEAPQ_QUERY_DB_NO_ROOTS_H_
#define HEAPQ_QUERY_DB_NO_ROOTS_H_

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Whether the dump lists roots that the GC marks from. A diff of two dumps or a
// partial dump has none: nothing in it is reachable, and it can't say what is
// alive.
absl::StatusOr<bool> HasRoots(HeapDb* db);

// The message that replaces an answer that needs roots, for a dump without any:
// a sentence without its full stop.
inline constexpr char kNoRoots[] =
    "This dump has no roots, so it cannot show what is alive: it is a diff of "
    "dumps, a partial dump (dump_all with since:), or was cut before its roots";

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_NO_ROOTS_H_
