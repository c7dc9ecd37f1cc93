#ifndef HEAPQ_INDEXER_STORE_CLASS_TABLE_H_
#define HEAPQ_INDEXER_STORE_CLASS_TABLE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/base/text_blocks.h"
#include "indexer/heap/heap.h"

namespace heapq {

// One class, module or iclass, as a Ruby person would see it.
struct ClassRow {
  ObjectId id = 0;
  // A path; "#<Class:Foo>" for a singleton; or empty. Lives as long as the
  // heap and the table.
  std::string_view name;
  ObjectId superclass = 0;  // iclasses skipped; 0: none
  ObjectId real = 0;        // what obj.class answers; 0: unknown
  // Totals of the objects whose `real` class this is.
  uint64_t count = 0;
  uint64_t size = 0;      // shallow, bytes
  uint64_t retained = 0;  // bytes; an object inside another's is not counted
  // How many objects have it for a class, singleton classes not skipped.
  uint64_t instances = 0;
};

// The classes of a heap, in the order of their ids, ghosts that something is
// an instance of included.
class ClassTable {
 public:
  // `retained` of its rows is 0 until SetRetained.
  explicit ClassTable(const Heap& heap);

  const Column<ClassRow>& rows() const { return rows_; }
  void SetRetained(size_t row, uint64_t bytes) { rows_[row].retained = bytes; }
  // Null if `id` is not a class.
  const ClassRow* Find(ObjectId id) const;
  // Index of the row of an object's real class; -1: none.
  int64_t RealRowOf(ObjectId id) const {
    // An iclass's "class" is the module that it stands for.
    if (heap_.type[id] == ObjectType::kIclass) return -1;
    const int64_t raw = RowOf(heap_.class_of[id]);
    return raw < 0 ? -1 : real_row_[static_cast<size_t>(raw)];
  }

 private:
  // Index of a class's row; -1: it is none.
  int64_t RowOf(ObjectId id) const { return int64_t{row_of_[id]} - 1; }
  ObjectId DirectSuper(ObjectId id) const;
  void Collect();
  void FindSupers();
  bool IsSingleton(ObjectId id) const;
  std::vector<ObjectId> FindOwners() const;
  void NameSingletons();
  void FindReal();
  void CountInstances();

  const Heap& heap_;
  Column<ClassRow> rows_;
  TextBlocks made_names_;
  std::vector<ObjectId> direct_super_;  // by row, iclasses not skipped
  std::vector<int64_t> real_row_;       // by row
  Column<uint32_t> row_of_;             // by id: a row and 1; 0: none
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_CLASS_TABLE_H_
