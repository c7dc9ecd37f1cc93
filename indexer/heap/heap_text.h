#ifndef HEAPQ_INDEXER_HEAP_HEAP_TEXT_H_
#define HEAPQ_INDEXER_HEAP_HEAP_TEXT_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "indexer/heap/heap.h"

namespace heapq {

// The texts of a heap, which may be far larger than its graph and so are not
// kept in memory: contents of strings, and values that are no references.
class HeapText {
 public:
  struct Field {
    ObjectId src = 0;
    uint32_t n = 0;   // running number among the fields of `src`
    uint32_t at = 0;  // how many edges of the record come before it
    EdgeKind kind = EdgeKind::kProperty;
    uint32_t label = 0;  // name number, index or ObjectId, by kind
    std::string_view text;
  };

  virtual ~HeapText() = default;

  // Both visit in ascending (id) and (src, n); views live during the call.
  // Stop at and return the first error, of the visitor or of reading.
  virtual absl::Status ForEachString(
      absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit) = 0;
  virtual absl::Status ForEachField(
      absl::FunctionRef<absl::Status(const Field&)> visit) = 0;

  // Visits the strings for which `wanted` is true, in any order, of a long one
  // perhaps only the beginning. Before ForEachString, any number of times.
  virtual absl::Status ForSomeStrings(
      absl::FunctionRef<bool(ObjectId)> wanted,
      absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit) = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_HEAP_TEXT_H_
