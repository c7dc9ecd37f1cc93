#ifndef HEAPQ_QUERY_WASTE_WASTE_KINDS_H_
#define HEAPQ_QUERY_WASTE_WASTE_KINDS_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace heapq {

// The kinds of waste, as numbers; their texts are in waste.cc.
enum WasteKindId : uint8_t {
  kWasteDuplicate,
  kWasteSameFrozen,
  kWasteSharedRoot,
  kWasteEmpty,
  kWasteSingle,
  kWasteSparse,
  kWasteRoom,
  kWasteBoxed,
  kWasteKinds
};

// Receives each wasteful object once, with the bytes that it wastes.
using WasteSink =
    absl::FunctionRef<absl::Status(WasteKindId, uint32_t, uint64_t)>;

// Bytes that the slot itself takes; what an object has beyond can be waste.
constexpr uint64_t kWasteSlot = 40;
// Unused bytes in one object below this are not reported.
constexpr uint64_t kWasteLeastRoom = 64;
// How many rows are kept for later questions, at least.
constexpr size_t kWasteMostKept = 1000;

// Packs the size of an object into 28 bits; the few sizes above have a map.
class PackedSizes {
 public:
  static constexpr uint32_t kBits = 28;
  static constexpr uint32_t kLarge = (uint32_t{1} << kBits) - 1;

  uint32_t Pack(uint32_t id, uint64_t size) {
    if (size < kLarge) return static_cast<uint32_t>(size);
    large_[id] = size;
    return kLarge;
  }
  uint64_t Unpack(uint32_t id, uint32_t packed) const {
    return packed < kLarge ? packed : large_.at(id);
  }

 private:
  absl::flat_hash_map<uint32_t, uint64_t> large_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_KINDS_H_
