#include "indexer/heap/address_table.h"

#include <algorithm>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

uint32_t CountBelow(const std::vector<uint64_t>& sorted, uint64_t address) {
  return static_cast<uint32_t>(
      std::lower_bound(sorted.begin(), sorted.end(), address) - sorted.begin());
}

}  // namespace

uint32_t AddressTable::FindGranule(uint64_t number) {
  const uint64_t number_of_region = number / kRegionGranules;
  std::unique_ptr<uint32_t[]>& indexes = regions_[number_of_region];
  if (indexes == nullptr) {
    indexes = std::make_unique<uint32_t[]>(kRegionGranules);
  }
  recent_[number_of_region % kRecent] = {number_of_region, indexes.get()};
  uint32_t& index = indexes[number % kRegionGranules];
  if (index == 0) {
    if (granule_count_ % kBlockGranules == 0) {
      blocks_.push_back(block_memory_.emplace_back(kBlockGranules).data());
    }
    At(granule_count_).number = number;
    index = ++granule_count_;
  }
  return index - 1;
}

AddressTable::Handle AddressTable::InternOdd(uint64_t address) {
  const auto [entry, fresh] =
      odd_index_.try_emplace(address, static_cast<uint32_t>(odd_.size()));
  if (fresh) {
    if (odd_.size() >= kNoHandle - kFirstOdd) return kNoHandle;
    odd_.push_back({address, false, false, 0});
  }
  return kFirstOdd + entry->second;
}

bool AddressTable::Define(Handle handle) {
  if (handle >= kFirstOdd) {
    Odd& odd = odd_[handle - kFirstOdd];
    if (odd.defined) return false;
    odd.defined = true;
  } else {
    Marks& marks = At(handle >> kSlotBits).defined;
    if (marks.Has(handle & (kSlots - 1))) return false;
    marks.Set(handle & (kSlots - 1));
  }
  ++defined_count_;
  return true;
}

bool AddressTable::IsDefined(Handle handle) const {
  if (handle >= kFirstOdd) return odd_[handle - kFirstOdd].defined;
  return At(handle >> kSlotBits).defined.Has(handle & (kSlots - 1));
}

std::vector<uint32_t> AddressTable::GranulesByAddress() const {
  std::vector<uint32_t> order(granule_count_);
  for (uint32_t i = 0; i < granule_count_; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
    return At(a).number < At(b).number;
  });
  return order;
}

void AddressTable::Finish() {
  uint32_t defined = 0;
  uint32_t ghosts = 0;
  for (const uint32_t index : GranulesByAddress()) {
    Granule& granule = At(index);
    granule.defined.before = defined;
    granule.ghost.before = ghosts;
    const uint32_t defined_before = defined;
    const uint32_t ghosts_before = ghosts;
    for (uint32_t word = 0; word < kWords; ++word) {
      granule.ghost.bits[word] &= ~granule.defined.bits[word];
      granule.defined.rank[word] =
          static_cast<uint16_t>(defined - defined_before);
      granule.ghost.rank[word] = static_cast<uint16_t>(ghosts - ghosts_before);
      defined += static_cast<uint32_t>(
          __builtin_popcountll(granule.defined.bits[word]));
      ghosts +=
          static_cast<uint32_t>(__builtin_popcountll(granule.ghost.bits[word]));
    }
  }
  for (Odd& odd : odd_) {
    if (odd.defined) {
      odd_defined_.push_back(odd.address);
      odd.ghost = false;
    } else if (odd.ghost) {
      odd_ghosts_.push_back(odd.address);
    }
  }
  std::sort(odd_defined_.begin(), odd_defined_.end());
  std::sort(odd_ghosts_.begin(), odd_ghosts_.end());
  defined_count_ = defined + static_cast<uint32_t>(odd_defined_.size());
  ghost_count_ = ghosts + static_cast<uint32_t>(odd_ghosts_.size());
  FinishOdd();
}

// An odd address has the aligned ones of its set below it, which lie in the
// granules before its own and in the slots up to its own.
void AddressTable::FinishOdd() {
  if (odd_.empty()) return;
  const std::vector<uint32_t> order = GranulesByAddress();
  for (Odd& odd : odd_) {
    if (!odd.defined && !odd.ghost) continue;
    const uint64_t number = odd.address >> kGranuleBits;
    const auto after = std::upper_bound(
        order.begin(), order.end(), number,
        [this](uint64_t n, uint32_t index) { return n < At(index).number; });
    uint32_t aligned = 0;
    if (after != order.begin()) {
      const Granule& granule = At(*(after - 1));
      const Marks& marks = odd.defined ? granule.defined : granule.ghost;
      // The slot that the odd address points into begins below it.
      const uint32_t slot =
          granule.number == number
              ? static_cast<uint32_t>(odd.address >> 3 & (kSlots - 1))
              : kSlots - 1;
      aligned = marks.Rank(slot) + (marks.Has(slot) ? 1 : 0);
    }
    odd.id =
        1 + aligned +
        (odd.defined ? CountBelow(odd_defined_, odd.address)
                     : defined_count_ + CountBelow(odd_ghosts_, odd.address));
  }
}

// Inlined, so that the popcount instruction gets into ToIds where there is one.
inline __attribute__((always_inline)) ObjectId AddressTable::IdOfUsual(
    Handle handle) const {
  const Granule& granule = At(handle >> kSlotBits);
  const uint32_t slot = handle & (kSlots - 1);
  if (granule.defined.Has(slot)) return 1 + granule.defined.Rank(slot);
  if (!granule.ghost.Has(slot)) return 0;
  return 1 + defined_count_ + granule.ghost.Rank(slot);
}

ObjectId AddressTable::IdOf(Handle handle) const {
  if (handle >= kFirstOdd || !odd_.empty()) return IdOfOdd(handle);
  return IdOfUsual(handle);
}

// Where there are odd addresses.
ObjectId AddressTable::IdOfOdd(Handle handle) const {
  if (handle == kNoHandle) return 0;
  if (handle >= kFirstOdd) return odd_[handle - kFirstOdd].id;
  const ObjectId id = IdOfUsual(handle);
  if (id == 0) return 0;
  const uint64_t address =
      AddressOf(At(handle >> kSlotBits), handle & (kSlots - 1));
  return id +
         CountBelow(id <= defined_count_ ? odd_defined_ : odd_ghosts_, address);
}

ObjectId AddressTable::Find(uint64_t address) const {
  if (address % 8 != 0) {
    const auto odd = odd_index_.find(address);
    if (odd == odd_index_.end() || !odd_[odd->second].defined) return 0;
    return odd_[odd->second].id;
  }
  const uint64_t number = address >> kGranuleBits;
  const auto region = regions_.find(number / kRegionGranules);
  if (region == regions_.end()) return 0;
  const uint32_t index = region->second[number % kRegionGranules];
  if (index == 0) return 0;
  const Handle handle = (index - 1) << kSlotBits |
                        static_cast<uint32_t>(address >> 3 & (kSlots - 1));
  return IsDefined(handle) ? IdOf(handle) : 0;
}

void AddressTable::ToIds(Handle* handles, size_t count) const {
  const auto usual = [&](size_t i) __attribute__((always_inline)) {
    constexpr size_t kAhead = 16;
    if (i + kAhead < count && handles[i + kAhead] < kFirstOdd) {
      const Handle next = handles[i + kAhead];
      const Granule& granule = At(next >> kSlotBits);
      __builtin_prefetch(&granule.defined.bits[(next & (kSlots - 1)) / 64]);
      __builtin_prefetch(&granule.defined.rank[(next & (kSlots - 1)) / 64]);
    }
    handles[i] = handles[i] >= kFirstOdd ? 0 : IdOfUsual(handles[i]);
  };
  if (!odd_.empty()) {
    for (size_t i = 0; i < count; ++i) handles[i] = IdOf(handles[i]);
    return;
  }
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt") != 0) {
    [&]() __attribute__((target("popcnt"))) {
      for (size_t i = 0; i < count; ++i) usual(i);
    }
    ();
    return;
  }
#endif
  for (size_t i = 0; i < count; ++i) usual(i);
}

absl::Status AddressTable::ForEach(
    absl::FunctionRef<absl::Status(ObjectId, uint64_t)> visit) const {
  const std::vector<uint32_t> order = GranulesByAddress();
  ObjectId id = 0;
  const auto each = [&](Marks Granule::*marks,
                        const std::vector<uint64_t>& odd) -> absl::Status {
    auto next_odd = odd.begin();
    for (const uint32_t index : order) {
      const Granule& granule = At(index);
      for (uint32_t word = 0; word < kWords; ++word) {
        for (uint64_t bits = (granule.*marks).bits[word]; bits != 0;
             bits &= bits - 1) {
          const auto bit = static_cast<uint32_t>(__builtin_ctzll(bits));
          const uint64_t address = AddressOf(granule, word * 64 + bit);
          for (; next_odd != odd.end() && *next_odd < address; ++next_odd) {
            RETURN_IF_ERROR(visit(++id, *next_odd));
          }
          RETURN_IF_ERROR(visit(++id, address));
        }
      }
    }
    for (; next_odd != odd.end(); ++next_odd) {
      RETURN_IF_ERROR(visit(++id, *next_odd));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(each(&Granule::defined, odd_defined_));
  return each(&Granule::ghost, odd_ghosts_);
}

}  // namespace heapq
