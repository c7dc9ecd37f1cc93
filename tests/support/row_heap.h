#ifndef HEAPQ_TESTS_SUPPORT_ROW_HEAP_H_
#define HEAPQ_TESTS_SUPPORT_ROW_HEAP_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/heap/heap.h"

namespace heapq {

// A heap made of rows in memory, without a dump around it, for tests of what
// works on whole graphs.
//
//   RowHeap rows(3);
//   rows.Root(1).Edge(1, 2).Edge(2, 3, EdgeKind::kRef);
//   Analyze(rows.Finish());
class RowHeap {
 public:
  // Objects 1…objects, T_OBJECTs of one byte, then ghosts.
  explicit RowHeap(uint32_t objects, uint32_t ghosts = 0);

  // `name`: the label's, for kinds that have one.
  RowHeap& Edge(ObjectId src, ObjectId dst, EdgeKind kind = EdgeKind::kIvar,
                std::string_view name = {});
  RowHeap& Root(ObjectId dst, std::string_view category = "vm",
                bool weak = false, std::string_view name = {});
  RowHeap& Imemo(ObjectId id, std::string_view kind);
  RowHeap& ClassOf(ObjectId id, ObjectId class_id);
  // Lays out the rows; call it again after further edges.
  Heap& Finish();

  Heap heap;

 private:
  struct Row {
    ObjectId dst;
    EdgeKind kind;
    uint32_t label;
  };
  std::vector<std::vector<Row>> edges_;
};

// Some dozens of objects of all roles with cycles, self references, doubled
// edges, class edges, ghosts, islands, weak roots. The same for the same seed.
RowHeap RandomHeap(unsigned seed);

// All of it, for the message of a failed test.
std::string Describe(const Heap& heap);

// The objects that the roots reach without `removed` (0: nothing is removed),
// found the slow, obvious way.
std::set<ObjectId> ReachableWithout(const Heap& heap, ObjectId removed);

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_ROW_HEAP_H_
