#ifndef HEAPQ_QUERY_WASTE_WASTE_STRINGS_H_
#define HEAPQ_QUERY_WASTE_WASTE_STRINGS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/waste/waste.h"
#include "query/waste/waste_kinds.h"

namespace heapq {

// Finds strings with the same text, buffers that are mostly empty, and large
// buffers that only short strings share. 16 bytes a string and two bits an
// object. Call the members in this order.
class WasteStrings {
 public:
  explicit WasteStrings(size_t ids) : is_string_(ids), held_(ids) {}

  void Reserve(size_t count) { texts_.reserve(count); }
  // Every string, by id.
  void Add(uint32_t id, uint8_t flags, uint64_t size);
  // Every reference but those to classes, by holder. `shared`: the dump calls
  // it the buffer that a string shares.
  void AddEdge(uint32_t src, uint32_t dst, bool shared) {
    if (shared && is_string_[src] && is_string_[dst]) {
      uses_.push_back({dst, src, kUnknown});
    } else {
      held_[dst] = true;
    }
  }
  // Marks an object that a root refers to.
  void AddRoot(uint32_t dst) { held_[dst] = true; }

  absl::Status ReadTexts(HeapDb* db);
  // Properties, by id: the hash of a text that was left out, and the length of
  // one that is not there as a whole.
  void SetHash(uint32_t id, std::string_view hash);
  void SetLength(uint32_t id, uint64_t length);

  // Reports each string at most once. Returns the texts that have copies, most
  // bytes first, at most kWasteMostKept.
  absl::StatusOr<std::vector<DuplicateString>> Judge(HeapDb* db,
                                                     WasteSink sink);

 private:
  static constexpr uint64_t kUnknown = ~uint64_t{0};
  enum Bit : uint32_t {
    kHasTruncated = 1,
    kIsFrozen = 2,
    kIsFstring = 4,
    // Until the texts are read: its capacity is not known. Then: it has room.
    kRoomBit = 8
  };
  struct Text {
    uint64_t hash;  // 0: the text is not known
    uint32_t id;
    uint32_t bits : 4;
    uint32_t size : PackedSizes::kBits;
  };
  // `sharer` is a part of the buffer of `root`.
  struct Use {
    uint32_t root;
    uint32_t sharer;
    uint64_t length;
  };
  // A text with copies.
  struct Run {
    uint32_t id = 0;
    uint64_t copies = 0;
    uint64_t bytes = 0;
  };

  absl::Status JudgeRoots(WasteSink sink);
  absl::Status JudgeRun(size_t begin, size_t end, WasteSink sink, Run* run);
  // The text at `id`, found from `*cursor` on; nullptr: there is none.
  Text* At(uint32_t id, size_t* cursor);
  Use* UseBy(uint32_t sharer, size_t* cursor);
  uint64_t SizeOf(const Text& text) const {
    return sizes_.Unpack(text.id, text.size);
  }

  std::vector<bool> is_string_;  // by id
  std::vector<bool> held_;       // by id: not only by strings that share it
  std::vector<Text> texts_;
  PackedSizes sizes_;
  absl::flat_hash_map<uint32_t, uint64_t> room_;  // unused bytes, by id
  std::vector<Use> uses_;                         // by sharer
  size_t hash_cursor_ = 0;
  size_t length_cursor_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_STRINGS_H_
