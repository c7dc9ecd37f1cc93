#ifndef HEAPQ_INDEXER_HEAP_RECORD_BATCH_H_
#define HEAPQ_INDEXER_HEAP_RECORD_BATCH_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"

namespace heapq {

// The names of one batch, each once, numbered from 1; 0 is "".
class BatchNames {
 public:
  BatchNames() : slots_(kMinCount) { texts_.emplace_back(); }

  // `text` is kept as a view.
  uint32_t Intern(std::string_view text);
  std::string_view Text(uint32_t number) const { return texts_[number]; }
  size_t size() const { return texts_.size(); }
  void Clear();

 private:
  static constexpr size_t kMinCount = 4096;  // a power of two
  struct Slot {
    uint32_t hash;
    uint32_t number;  // 0: free
  };

  void Grow();

  std::vector<Slot> slots_;  // open addressing
  std::vector<std::string_view> texts_;
};

// A run of records, one object each, in flat columns: decoded on any
// thread, then added to the heap in the order of the file
// (HeapAssembler::Add). Names and sites are numbered within the batch. Texts
// are views of the bytes that were decoded, or of the batch's own buffer.
class RecordBatch {
 public:
  struct Object {
    uint64_t address = 0;
    uint64_t class_address = 0;  // 0: none
    uint64_t size = 0;           // shallow, bytes
    std::string_view value;
    uint32_t line_at = 0;  // where its line begins in the decoded bytes
    uint32_t kind = 0;
    uint32_t name = 0;
    uint32_t site = 0;
    uint32_t generation = 0;
    // Ends of its parts; they begin where those of the object before end.
    uint32_t edges_end = 0;
    uint32_t weak_edges_end = 0;
    uint32_t fields_end = 0;
    ObjectType type = ObjectType::kUnknown;
    uint8_t flags = 0;
    bool has_value = false;
  };
  struct Edge {
    uint64_t target;  // an address
    uint64_t label;   // as of EdgeLabel
    EdgeKind kind;
  };
  struct Field {
    std::string_view text;
    uint64_t label;  // as of EdgeLabel
    uint32_t at;     // how many edges of the object come before it
    EdgeKind kind;
  };
  struct Site {
    uint32_t file;
    uint32_t method;
    uint32_t line;
  };

  RecordBatch() { Clear(); }

  void Clear();
  // `site` 1, 2, …; 0 without a file and a line.
  uint32_t InternSite(const Site& site);
  // Room for text of which no view into the decoded bytes can be had. Stays
  // where it is; `decoded_size` is that of all bytes to be decoded.
  void ReserveText(size_t decoded_size);
  char* text_end() { return text_.data() + text_size_; }
  void AddText(size_t size) { text_size_ += size; }

  // These add parts to the open object.
  void AddEdge(EdgeKind kind, uint64_t label, uint64_t target) {
    if (target != 0) edges.push_back({target, label, kind});
  }
  void AddWeakEdge(EdgeKind kind, uint64_t label, uint64_t target) {
    if (target != 0) weak_edges.push_back({target, label, kind});
  }
  void AddField(EdgeKind kind, uint64_t label, std::string_view text) {
    fields.push_back({text, label,
                      static_cast<uint32_t>(edges.size()) - edges_begin_,
                      kind});
  }
  void Commit(const Object& object);
  // Forgets the parts of the object in the making.
  void Abandon();

  BatchNames names;
  Column<Object> objects;
  Column<Edge> edges;
  Column<Edge> weak_edges;
  Column<Field> fields;
  Column<Site> sites;  // [0] unused

 private:
  uint32_t edges_begin_ = 0;  // of the object in the making
  uint32_t weak_edges_begin_ = 0;
  uint32_t fields_begin_ = 0;
  Column<uint32_t> site_slots_;  // open addressing
  Column<char> text_;
  size_t text_size_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_RECORD_BATCH_H_
