#ifndef HEAPQ_INDEXER_STORE_ISEQ_TABLE_H_
#define HEAPQ_INDEXER_STORE_ISEQ_TABLE_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "indexer/base/column.h"
#include "indexer/base/text_blocks.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"
#include "indexer/store/class_table.h"

namespace heapq {

// One instruction sequence. Its texts live as long as the heap and the table.
struct IseqRow {
  ObjectId id = 0;
  ObjectId parent = 0;
  uint32_t line = 0;       // where its code begins; 0: unknown
  std::string_view label;  // "Session#start", "block in Session#start"
  std::string_view file;
  std::string_view type;  // "method", "block", …
};

// The iseqs of a heap and the envs that they own, by id.
class IseqTable {
 public:
  // Labels are those of the dump until Qualify.
  explicit IseqTable(const Heap& heap);

  // Takes a property of an iseq's record ("filename", "line", "type"); other
  // fields are passed over.
  void Take(const HeapText::Field& field);
  // Completes the labels; `classes` has the names of the methods' owners.
  void Qualify(const ClassTable& classes);

  const Column<IseqRow>& rows() const { return rows_; }
  // (env, iseq), by env.
  const std::vector<std::pair<ObjectId, ObjectId>>& envs() const {
    return envs_;
  }

 private:
  void Collect();
  void LabelMethods(const ClassTable& classes);
  void LabelInner();

  const Heap& heap_;
  const uint32_t iseq_;  // names: kind of an iseq, and the part that is one
  Column<IseqRow> rows_;
  StringTable properties_;  // files and types
  TextBlocks labels_;       // those that are not the dump's
  absl::flat_hash_map<ObjectId, uint32_t> row_of_;
  std::vector<bool> qualified_;  // by row: its label names the owner
  std::vector<std::pair<ObjectId, ObjectId>> envs_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_ISEQ_TABLE_H_
