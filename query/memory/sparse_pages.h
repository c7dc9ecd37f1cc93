#ifndef HEAPQ_QUERY_MEMORY_SPARSE_PAGES_H_
#define HEAPQ_QUERY_MEMORY_SPARSE_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Objects of one class that keep pages of Ruby's heap from being given back.
struct PagePins {
  std::string class_name;
  uint64_t objects = 0;
  uint64_t pages = 0;  // sparse ones that have such an object
  // The path that holds most of these objects, "$kept → [*]", and its
  // share of them, from 0 to 1. Empty if no path holds half of them.
  std::string held_by;
  double held_share = 0;
};

// Finds the pages of which less than a tenth is filled with objects that the
// roots reach, and returns the classes on most of them, with the paths that
// hold their objects there. Reads the whole heap. `page_size`: bytes, a power
// of two.
absl::StatusOr<std::vector<PagePins>> FindPagePins(HeapDb* db,
                                                   uint64_t page_size,
                                                   size_t limit);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_SPARSE_PAGES_H_
