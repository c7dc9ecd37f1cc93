#ifndef HEAPQ_INDEXER_STORE_CLASS_TABLE_H_
#define HEAPQ_INDEXER_STORE_CLASS_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {

// One class, module or iclass, as a Ruby person would see it.
struct ClassRow {
  ObjectId id = 0;
  std::string name;         // path; "#<Class:Foo>" for a singleton; or empty
  ObjectId superclass = 0;  // iclasses skipped; 0: none
  ObjectId real = 0;        // what obj.class answers; 0: unknown
  // Of the objects whose `real` class this is.
  uint64_t count = 0;
  uint64_t size = 0;      // shallow, bytes
  uint64_t retained = 0;  // bytes; an object inside another's is not counted
};

// The classes of a heap, in the order of their ids, ghosts that something is
// an instance of included.
class ClassTable {
 public:
  ClassTable(const Heap& heap, const Analysis& analysis);

  const std::vector<ClassRow>& rows() const { return rows_; }
  // Null if `id` is no class.
  const ClassRow* Find(ObjectId id) const;
  // Index of the row of an object's real class; -1: none.
  int64_t RealRowOf(ObjectId id) const;

 private:
  void Collect();
  void FindSupers();
  bool IsSingleton(ObjectId id) const;
  std::vector<ObjectId> FindOwners() const;
  void NameSingletons();
  void FindReal();
  void CountInstances();
  void SumRetained(const Analysis& analysis);

  const Heap& heap_;
  std::vector<ClassRow> rows_;
  std::vector<ObjectId> direct_super_;  // by row, iclasses not skipped
  absl::flat_hash_map<ObjectId, uint32_t> row_of_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_CLASS_TABLE_H_
