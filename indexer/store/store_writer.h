#ifndef HEAPQ_INDEXER_STORE_STORE_WRITER_H_
#define HEAPQ_INDEXER_STORE_STORE_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "indexer/base/drop_report.h"
#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"

namespace heapq {

// Everything that goes into a heap.db. All of it outlives WriteStore.
struct StoreContent {
  const Heap* heap = nullptr;
  HeapText* text = nullptr;
  const Analysis* analysis = nullptr;
  const DropReport* drops = nullptr;
  // Rows of `meta` besides those that WriteStore counts itself.
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, int64_t>> numbers;
};

struct StoreOptions {
  // Write the large tables with INSERT: slower, the same content.
  bool plain_inserts = false;
  // Called now and then; false cancels with kCancelled. May be empty.
  std::function<bool()> go_on;
};

// Writes a whole heap.db to `path`, which must not exist or be empty. On an
// error the file is in no usable state; the caller removes it.
absl::Status WriteStore(const std::string& path, const StoreContent& content,
                        const StoreOptions& options);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_STORE_WRITER_H_
