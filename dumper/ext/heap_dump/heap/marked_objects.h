#ifndef HEAP_DUMP_HEAP_MARKED_OBJECTS_H_
#define HEAP_DUMP_HEAP_MARKED_OBJECTS_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "util/arena.h"

namespace heap_dump {

// A set of objects: one bit for every 8 bytes of each 16 KiB of the heap that
// holds a member, 1/64 of that memory. Needs no list of the heap's pages, so
// Ruby does not have to be asked for one.
class MarkedObjects {
 public:
  explicit MarkedObjects(Arena* arena)
      : regions_(arena), bits_(arena), slots_(arena) {}

  // Adds the object. False if it is a member already, or if the arena has no
  // memory left.
  bool Add(VALUE object) {
    uint64_t* const word = WordOf(object, true);
    if (word == nullptr || (*word & BitOf(object)) != 0) return false;
    *word |= BitOf(object);
    ++size_;
    return true;
  }
  void Remove(VALUE object) {
    uint64_t* const word = WordOf(object, false);
    if (word == nullptr || (*word & BitOf(object)) == 0) return;
    *word &= ~BitOf(object);
    --size_;
  }
  bool Has(VALUE object) const {
    const uint64_t* const word =
        const_cast<MarkedObjects*>(this)->WordOf(object, false);
    return word != nullptr && (*word & BitOf(object)) != 0;
  }
  size_t size() const { return size_; }

  // Arranges the members by address, for ForEach. Add must not follow.
  void Sort();

  // Calls visit(object) for each member by address, until it returns false.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Region& region : regions_) {
      for (size_t i = 0; i < kWords; ++i) {
        for (uint64_t word = bits_[region.index * kWords + i]; word != 0;
             word &= word - 1) {
          const uintptr_t bit = i * 64 + __builtin_ctzll(word);
          if (!visit(static_cast<VALUE>((region.number << kRegionShift) +
                                        (bit << kGrainShift)))) {
            return;
          }
        }
      }
    }
  }

 private:
  static constexpr int kGrainShift = 3;
  static constexpr int kRegionShift = 14;
  static constexpr size_t kWords =
      (size_t{1} << (kRegionShift - kGrainShift)) / 64;

  struct Region {
    uintptr_t number;  // address >> kRegionShift
    size_t index;      // of its kWords words in bits_
  };
  // A slot of the hash table from a region's number to its words.
  struct Slot {
    uintptr_t number;  // 0: free
    size_t index;
  };

  static uint64_t BitOf(VALUE object) {
    return uint64_t{1} << (object >> kGrainShift & 63);
  }
  // The word with the object's bit; null if its region is not there and is
  // not to be made, or cannot be.
  uint64_t* WordOf(VALUE object, bool make) {
    const uintptr_t number = object >> kRegionShift;
    if (number != last_number_) {
      size_t index;
      if (!Find(number, &index) && (!make || !Make(number, &index))) {
        return nullptr;
      }
      last_number_ = number;
      last_index_ = index;
    }
    return &bits_[last_index_ * kWords +
                  (object >> (kGrainShift + 6)) % kWords];
  }
  bool Find(uintptr_t number, size_t* index) const;
  bool Make(uintptr_t number, size_t* index);
  bool Grow();
  size_t FirstSlotOf(uintptr_t number) const {
    return number * 0x9e3779b97f4a7c15u >> shift_;
  }

  ArenaVector<Region> regions_;
  ArenaVector<uint64_t> bits_;
  ArenaVector<Slot> slots_;
  int shift_ = 64;
  // The region that was used last: neighbours often follow each other.
  uintptr_t last_number_ = 0;
  size_t last_index_ = 0;
  size_t size_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_HEAP_MARKED_OBJECTS_H_
