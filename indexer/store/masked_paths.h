#ifndef HEAPQ_INDEXER_STORE_MASKED_PATHS_H_
#define HEAPQ_INDEXER_STORE_MASKED_PATHS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/column.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/model/masked_path.h"
#include "indexer/store/class_table.h"

namespace heapq {

// One masked path: the objects whose best paths differ only in indexes, keys,
// addresses and digits. Sizes are bytes.
struct MaskedPath {
  uint32_t parent = 0;  // row of the path that this one continues; 0: none
  MaskedHop hop = MaskedHop::kEdge;
  EdgeKind edge = EdgeKind::kRef;  // of kEdge
  uint32_t label = 0;              // number in MaskedPaths::texts
  MaskedObject what = MaskedObject::kInstance;
  ObjectType type = ObjectType::kGhost;
  uint32_t name = 0;   // number in MaskedPaths::texts
  ObjectId klass = 0;  // class of the first object
  ObjectId iseq = 0;   // code of a proc, method or env
  ObjectId first = 0;  // the object nearest to the roots
  uint8_t tier = 0;    // best tier of the objects
  uint64_t count = 0;
  uint64_t own = 0;       // shallow size of the objects
  uint64_t bytes = 0;     // with all paths that continue this one
  uint64_t elements = 0;  // values in the objects, if these are collections
  uint64_t keys = 0;      // keys that are objects
  uint32_t entries = 0;   // objects that no object of the same path holds
  uint32_t fan = 0;       // most elements that one object holds
  uint32_t holders = 0;   // objects with kManyElements elements or more
  uint32_t least_depth = 0;
  uint32_t greatest_depth = 0;
  bool kept = false;
};

// The paths of a heap that hold enough to be worth a row, parents first.
// Row 0 stands for the roots.
struct MaskedPaths {
  static constexpr uint32_t kManyElements = 16;
  static constexpr size_t kSamples = 20;

  std::vector<MaskedPath> rows;
  std::vector<std::vector<ObjectId>> samples;  // by row; at most kSamples
  StringTable texts;
  // By the sampled objects: their row, or that of the longest path with a row
  // that theirs continues; 0: none.
  std::vector<uint32_t> sampled;
  // Reachable bytes without thread stacks and the tables of allocation
  // tracing: the base of all shares.
  uint64_t counted_size = 0;
  // The same without code and classes.
  uint64_t data_size = 0;
};

// Folds the tree of best paths. Takes 12 bytes an object while it runs.
// `sampled`: objects of which the rows are asked for.
// kCancelled soon after `stop` was requested.
absl::StatusOr<MaskedPaths> FoldPaths(const Heap& heap,
                                      const Analysis& analysis,
                                      const ClassTable& classes,
                                      const std::vector<ObjectId>& sampled,
                                      const Cancellation& stop);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_MASKED_PATHS_H_
