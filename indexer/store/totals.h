#ifndef HEAPQ_INDEXER_STORE_TOTALS_H_
#define HEAPQ_INDEXER_STORE_TOTALS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/store/class_table.h"
#include "indexer/store/file_table.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/namespace_table.h"

namespace heapq {

// Unreachable objects of one class or, where there is none, builtin type.
struct UnreachableRow {
  uint64_t count = 0;
  uint64_t size = 0;  // bytes
};

// All that is summed up over a heap, with what each row retains.
struct Totals {
  ClassTable classes;
  NamespaceTable namespaces;
  FileTable code;
  std::map<std::string, UnreachableRow> unreachable;  // "User", "(T_IMEMO)"
};

// One walk of the dominator tree for all of it. kCancelled soon after `stop`
// was requested.
absl::StatusOr<Totals> SumUp(const Heap& heap, const Analysis& analysis,
                             const IseqTable& iseqs, const Cancellation& stop);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_TOTALS_H_
