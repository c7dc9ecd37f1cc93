#ifndef HEAPQ_QUERY_WASTE_WASTE_COLLECTIONS_H_
#define HEAPQ_QUERY_WASTE_WASTE_COLLECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "query/waste/waste_kinds.h"

namespace heapq {

// Finds arrays and hashes that hold little for their size. Fed in the order of
// ids: first all collections, then all elements, then all fields. 16 bytes a
// collection.
class WasteCollections {
 public:
  void Reserve(size_t count) { collections_.reserve(count); }
  void Add(uint32_t id, bool is_hash, uint64_t size) {
    collections_.push_back(
        {id, 0, 0, is_hash, sizes_.Pack(id, size) & PackedSizes::kLarge});
  }
  // `id`, if it is one of the collections, holds one more element.
  void AddElement(uint32_t id) {
    if (Collection* found = At(id, &element_cursor_)) ++found->elements;
  }
  // The same for an element that is not a reference.
  void AddField(uint32_t id, bool is_nil) {
    if (Collection* found = At(id, &field_cursor_)) {
      ++found->elements;
      if (is_nil) ++found->nils;
    }
  }
  // For dumps without fields: a collection without elements may hold
  // immediates, unless its length is known.
  void ForgetEmpty();
  void SetLength(uint32_t id, uint32_t length) {
    if (Collection* found = At(id, &field_cursor_)) found->elements = length;
  }

  absl::Status Judge(WasteSink sink) const;

 private:
  static constexpr uint32_t kUnknown = ~uint32_t{0};
  struct Collection {
    uint32_t id;
    uint32_t elements;
    uint32_t nils;
    uint32_t is_hash : 1;
    uint32_t size : PackedSizes::kBits;
  };

  Collection* At(uint32_t id, size_t* cursor) {
    while (*cursor < collections_.size() && collections_[*cursor].id < id) {
      ++*cursor;
    }
    if (*cursor == collections_.size()) return nullptr;
    Collection* const found = &collections_[*cursor];
    return found->id == id ? found : nullptr;
  }
  absl::Status JudgeArray(const Collection& array, uint64_t size,
                          WasteSink sink) const;
  absl::Status JudgeHash(const Collection& hash, uint64_t size,
                         WasteSink sink) const;

  std::vector<Collection> collections_;
  PackedSizes sizes_;
  size_t element_cursor_ = 0;
  size_t field_cursor_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_COLLECTIONS_H_
