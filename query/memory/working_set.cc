#include "query/memory/working_set.h"

#include <vector>

#include "absl/container/flat_hash_set.h"
#include "indexer/base/status_macros.h"
#include "query/objects/threads.h"

namespace heapq {
namespace {

absl::StatusOr<bool> IsHeldByThreadAlone(HeapDb* db, uint32_t value,
                                         uint32_t thread) {
  ASSIGN_OR_RETURN(Statement * row,
                   db->Cached("SELECT parent, idom FROM objects WHERE id=?1"));
  row->Bind(1, static_cast<int64_t>(value));
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return false;
  // The dominator is the root if a word of the machine stack refers to it, too.
  return row->Int(0) == thread && (row->Int(1) == 0 || row->Int(1) == thread);
}

}  // namespace

absl::StatusOr<WorkingSet> ReadWorkingSet(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::vector<ThreadInfo> threads, ReadThreads(db));
  WorkingSet set;
  absl::flat_hash_set<uint32_t> seen;
  for (const ThreadInfo& thread : threads) {
    for (const ThreadFrame& frame : thread.frames) {
      for (const FrameValue& value : frame.values) {
        if (value.id == 0 || !seen.insert(value.id).second) continue;
        ASSIGN_OR_RETURN(const bool counts,
                         IsHeldByThreadAlone(db, value.id, thread.object.id));
        if (!counts) continue;
        set.bytes += value.retained;
        if (value.retained <= set.largest) continue;
        set.largest = value.retained;
        set.local = value.name;
        set.method = frame.label;
      }
    }
  }
  return set;
}

}  // namespace heapq
