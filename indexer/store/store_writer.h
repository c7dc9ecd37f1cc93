#ifndef HEAPQ_INDEXER_STORE_STORE_WRITER_H_
#define HEAPQ_INDEXER_STORE_STORE_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/drop_report.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"
#include "indexer/model/allocation_samples.h"

namespace heapq {

// The content of a dump. All of it must outlive the writer.
struct StoreContent {
  const Heap* heap = nullptr;
  HeapText* text = nullptr;
  const DropReport* drops = nullptr;
  const AllocationSamples* samples = nullptr;
  // Rows of `meta` besides those that the writer counts itself.
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, int64_t>> numbers;
};

// Receives the rows written so far and the rows in all (texts left out). May be
// empty.
using StoreProgress = std::function<void(uint64_t done, uint64_t total)>;

struct StoreOptions {
  // Write the large tables with INSERT: slower, the same content.
  bool plain_inserts = false;
  // Edges that are in memory a second time to be turned round; more take more
  // passes. 0: what is sensible.
  uint64_t sorted_edges = 0;
  StoreProgress progress;
  Cancellation cancellation;
};

// Writes a whole heap.db in two steps, so that the heap can be analysed on
// another thread during the first. After an error the file is of no use; the
// caller removes it.
class StoreWriter {
 public:
  // `path` must not exist or be empty.
  static absl::StatusOr<std::unique_ptr<StoreWriter>> Create(
      const std::string& path, StoreContent content, StoreOptions options);
  ~StoreWriter();

  // First: what needs no analysis and hardly any memory.
  absl::Status WriteGraph();
  // Then: the rest. The file is closed, and whole, when this succeeded.
  absl::Status WriteAnswers(const Analysis& analysis);

 private:
  class Impl;
  explicit StoreWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_STORE_WRITER_H_
