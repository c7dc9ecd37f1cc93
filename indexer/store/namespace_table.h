#ifndef HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_
#define HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

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
// of that path or below it.
struct NamespaceTable {
  // `retained` is left to be filled in.
  explicit NamespaceTable(const ClassTable& classes);

  std::vector<NamespaceRow> rows;  // by name
  // By row of the class table: the rows that its instances belong to.
  std::vector<std::vector<uint32_t>> of_class;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_NAMESPACE_TABLE_H_
