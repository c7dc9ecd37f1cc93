#ifndef HEAPQ_QUERY_DIFF_NEW_OBJECTS_H_
#define HEAPQ_QUERY_DIFF_NEW_OBJECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Objects of one class and allocation site that came between the first two
// heaps and, if there is a third, are still in it.
struct NewObjectGroup {
  std::string class_name;
  std::string site;  // "app.rb:42"; empty: not traced
  uint64_t count = 0;
  uint64_t size = 0;  // bytes
};

// Objects that are new in the second heap and, if there is a third, still in
// it.
struct NewObjects {
  std::vector<uint32_t> ids;           // in the last heap, ascending
  std::vector<NewObjectGroup> groups;  // the same, most bytes first
  uint64_t added_count = 0;
  uint64_t removed_count = 0;  // between the first two; 0 if `moved`
  uint64_t same_count = 0;     // in the first two; 0 if `moved`
  // Objects of the second heap have an allocation generation. Without it an
  // object is known by address, type and class alone.
  bool traced = false;
  // With three heaps, untraced: how many more would have come and stayed by
  // their addresses, but hold something else in the third; see LooksReused.
  uint64_t reused_count = 0;
  // Why the same address need not be the same object; empty: it is. Then only
  // traced objects are known to be new, by their generation.
  std::string moved;
};

// Tells the objects of two or three heaps, oldest first, apart: by address,
// type, class and, where traced, allocation site and generation.
absl::StatusOr<NewObjects> FindAddedObjects(const std::vector<HeapDb*>& heaps);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DIFF_NEW_OBJECTS_H_
