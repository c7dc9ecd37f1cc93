#include "query/waste/waste_collections.h"

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr uint64_t kMinSparse = 16;  // elements
constexpr uint64_t kElement = 8;     // bytes in an array

// Room in the table of a hash of more than eight pairs: an entry and its place
// in the index.
constexpr uint64_t kBytesPerPair = 28;
constexpr uint64_t kHashTable = 96;  // slot and header of the table

}  // namespace

void WasteCollections::ForgetEmpty() {
  for (Collection& collection : collections_) {
    if (collection.elements == 0) collection.elements = kUnknown;
  }
}

absl::Status WasteCollections::Judge(WasteSink sink) const {
  for (const Collection& collection : collections_) {
    if (collection.elements == kUnknown) continue;
    const uint64_t size = sizes_.Unpack(collection.id, collection.size);
    if (collection.elements == 0) {
      RETURN_IF_ERROR(sink(kWasteEmpty, collection.id, size));
    } else if (collection.elements == 1) {
      if (size <= kWasteSlot) continue;
      RETURN_IF_ERROR(sink(kWasteSingle, collection.id, size - kWasteSlot));
    } else if (collection.is_hash != 0) {
      RETURN_IF_ERROR(JudgeHash(collection, size, sink));
    } else {
      RETURN_IF_ERROR(JudgeArray(collection, size, sink));
    }
  }
  return absl::OkStatus();
}

absl::Status WasteCollections::JudgeArray(const Collection& array,
                                          uint64_t size, WasteSink sink) const {
  const uint64_t length = array.elements;
  const uint64_t used = length - array.nils;
  if (length >= kMinSparse && used < length / 4) {
    return sink(kWasteSparse, array.id, (length - used) * kElement);
  }
  const uint64_t capacity =
      size <= kWasteSlot ? 0 : (size - kWasteSlot) / kElement;
  if (capacity < 2 * length) return absl::OkStatus();
  const uint64_t room = (capacity - length) * kElement;
  if (room < kWasteLeastRoom) return absl::OkStatus();
  return sink(kWasteRoom, array.id, room);
}

absl::Status WasteCollections::JudgeHash(const Collection& hash, uint64_t size,
                                         WasteSink sink) const {
  // Tables grow by doubling: one that was never larger has less than half of
  // its room left.
  uint64_t room_for = 8;
  while (room_for < hash.elements) room_for *= 2;
  const uint64_t needed = kHashTable + 2 * room_for * kBytesPerPair;
  if (size <= needed) return absl::OkStatus();
  return sink(kWasteSparse, hash.id, size - needed);
}

}  // namespace heapq
