#ifndef HEAPQ_INDEXER_HEAP_ADDRESS_TABLE_H_
#define HEAPQ_INDEXER_HEAP_ADDRESS_TABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "indexer/base/column.h"
#include "indexer/heap/heap.h"

namespace heapq {

// Turns addresses into dense ids without a hash table of all addresses: heap
// slots are 8-byte aligned and lie close together, so each 16 KiB granule has
// a bitmap, and an id is a popcount rank. Any other 64-bit address works too,
// only slower. Two phases: Intern and the marks, then Finish, then the ids.
class AddressTable {
 public:
  // Stands for an address until its id is known.
  using Handle = uint32_t;
  static constexpr Handle kNoHandle = 0xffffffff;

  AddressTable() = default;
  AddressTable(const AddressTable&) = delete;
  AddressTable& operator=(const AddressTable&) = delete;

  // kNoHandle when the table is full (some 30 GiB of slots).
  Handle Intern(uint64_t address) {
    if (address % 8 != 0) return InternOdd(address);
    const uint32_t index = GranuleIndex(address >> kGranuleBits);
    if (index >= kFirstOdd >> kSlotBits) return kNoHandle;
    return index << kSlotBits |
           static_cast<uint32_t>(address >> 3 & (kSlots - 1));
  }

  // The dump has a record of it. False if that was known already.
  bool Define(Handle handle);
  bool IsDefined(Handle handle) const;
  // Something refers to it: it becomes a ghost unless it is defined.
  void Refer(Handle handle) {
    if (handle >= kFirstOdd) {
      odd_[handle - kFirstOdd].ghost = true;
    } else {
      At(handle >> kSlotBits).ghost.Set(handle & (kSlots - 1));
    }
  }

  // Gives out the ids: 1…N to defined addresses, N+1…N+G to the others that
  // are referred to, each in ascending order of address.
  void Finish();

  // After Finish; 0 for a handle that is neither defined nor referred to, and
  // for kNoHandle.
  ObjectId IdOf(Handle handle) const;
  // The same for many handles, in place.
  void ToIds(Handle* handles, size_t count) const;
  // After Finish: the id of the object at `address`; 0 if there is none.
  ObjectId Find(uint64_t address) const;
  uint32_t defined_count() const { return defined_count_; }
  uint32_t ghost_count() const { return ghost_count_; }
  // Bytes of memory that it takes, about.
  size_t held_bytes() const {
    constexpr size_t kOfRegion = kRegionGranules * sizeof(uint32_t);
    constexpr size_t kOfOdd = sizeof(Odd) + 2 * sizeof(uint64_t) + 16;
    return granule_count_ * sizeof(Granule) + regions_.size() * kOfRegion +
           odd_.size() * kOfOdd;
  }
  // Visits all ids in ascending order. Stops at and returns the first error.
  absl::Status ForEach(
      absl::FunctionRef<absl::Status(ObjectId id, uint64_t address)> visit)
      const;

 private:
  static constexpr int kGranuleBits = 14;
  static constexpr int kSlotBits = kGranuleBits - 3;
  static constexpr uint32_t kSlots = 1 << kSlotBits;
  static constexpr uint32_t kWords = kSlots / 64;
  static constexpr uint32_t kBlockGranules = 256;
  static constexpr uint64_t kRegionGranules = 1024;
  static constexpr uint64_t kRecent = 64;
  static constexpr Handle kFirstOdd = 0xf0000000;

  // One mark for each slot of a granule, with ranks for counting them.
  struct Marks {
    uint64_t bits[kWords];
    uint16_t rank[kWords];  // marks before the word, within the granule
    uint32_t before;        // marks in all granules of lower address

    bool Has(uint32_t slot) const { return bits[slot / 64] >> slot % 64 & 1; }
    void Set(uint32_t slot) { bits[slot / 64] |= uint64_t{1} << slot % 64; }
    uint32_t Rank(uint32_t slot) const {
      const uint64_t below = bits[slot / 64] & ((uint64_t{1} << slot % 64) - 1);
      return before + rank[slot / 64] +
             static_cast<uint32_t>(__builtin_popcountll(below));
    }
  };
  struct Granule {
    uint64_t number;  // address >> kGranuleBits
    Marks defined;
    Marks ghost;  // until Finish: referred to
  };
  // An address that is not a multiple of 8: damage, or a made-up dump.
  struct Odd {
    uint64_t address;
    bool defined;
    bool ghost;  // until Finish: referred to
    ObjectId id;
  };

  Granule& At(uint32_t index) {
    return blocks_[index / kBlockGranules][index % kBlockGranules];
  }
  const Granule& At(uint32_t index) const {
    return blocks_[index / kBlockGranules][index % kBlockGranules];
  }
  uint32_t GranuleIndex(uint64_t number) {
    const uint64_t number_of_region = number / kRegionGranules;
    const Recent& recent = recent_[number_of_region % kRecent];
    if (recent.number == number_of_region) {
      const uint32_t index = recent.indexes[number % kRegionGranules];
      if (index != 0) return index - 1;
    }
    return FindGranule(number);
  }
  uint32_t FindGranule(uint64_t number);
  ObjectId IdOfUsual(Handle handle) const;
  ObjectId IdOfOdd(Handle handle) const;
  std::vector<uint32_t> GranulesByAddress() const;
  uint64_t AddressOf(const Granule& granule, uint32_t slot) const {
    return granule.number << kGranuleBits | uint64_t{slot} << 3;
  }
  Handle InternOdd(uint64_t address);
  void FinishOdd();

  std::vector<Granule*> blocks_;  // large and many: never moved
  std::vector<Column<Granule>> block_memory_;
  uint32_t granule_count_ = 0;
  // Granules of 16 MiB that lie together, by index + 1; 0: none yet.
  struct Recent {
    uint64_t number = ~uint64_t{0};
    uint32_t* indexes = nullptr;
  };
  absl::flat_hash_map<uint64_t, std::unique_ptr<uint32_t[]>> regions_;
  Recent recent_[kRecent];  // by region number

  std::vector<Odd> odd_;
  absl::flat_hash_map<uint64_t, uint32_t> odd_index_;  // by address
  std::vector<uint64_t> odd_defined_;                  // sorted, after Finish
  std::vector<uint64_t> odd_ghosts_;                   // sorted, after Finish

  uint32_t defined_count_ = 0;
  uint32_t ghost_count_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_ADDRESS_TABLE_H_
