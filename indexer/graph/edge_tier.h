#ifndef HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_
#define HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_

#include <cstdint>
#include <string_view>

#include "indexer/base/column.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/vocabulary.h"

namespace heapq {

// How good an edge or a root is in a retention path; docs/PATHS.md has the
// table and its reasons.
enum Tier : uint8_t {
  kWritten = 0,    // somebody wrote it: a variable, a collection's entry, …
  kStructure = 1,  // Ruby's own structure: classes, methods, code
  kCache = 2,      // caches, back references, the machine stack
};
inline constexpr uint8_t kTierCount = 3;

Tier RootTier(std::string_view category);

// Knows the tier of every edge of one heap.
class EdgeTiers {
 public:
  // `heap` must outlive this. Takes one byte an object.
  explicit EdgeTiers(const Heap& heap);

  // `kind` may be kClass.
  Tier Of(ObjectId src, EdgeKind kind, ObjectId dst) const;

 private:
  // What an object is to a path.
  enum Role : uint8_t {
    kPlain,    // a program's object, closure, thread, …
    kClasses,  // class, module
    kIclass,
    kCode,       // iseq, method entry, cref
    kCallCache,  // call and constant caches
    kInternal,   // other imemos
  };

  Column<uint8_t> role_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_GRAPH_EDGE_TIER_H_
