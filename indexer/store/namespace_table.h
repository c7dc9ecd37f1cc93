#ifndef HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_
#define HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/store/class_table.h"

namespace heapq {

// A path of modules and classes, with all that is below it.
struct NamespaceRow {
  std::string name;
  uint64_t count = 0;
  uint64_t size = 0;      // shallow, bytes
  uint64_t retained = 0;  // bytes; an object inside another's is not counted
};

// Totals of "A", "A::B" and "A::B::C", each with the instances of every class
// of that path or below it. By name.
std::vector<NamespaceRow> NamespaceTotals(const Heap& heap,
                                          const Analysis& analysis,
                                          const ClassTable& classes);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_
