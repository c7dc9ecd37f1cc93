#include "heap/marked_objects.h"

#include <algorithm>

namespace heap_dump {

void MarkedObjects::Sort() {
  std::sort(
      regions_.begin(), regions_.end(),
      [](const Region& a, const Region& b) { return a.number < b.number; });
}

bool MarkedObjects::Find(uintptr_t number, size_t* index) const {
  if (slots_.empty()) return false;
  const size_t mask = slots_.size() - 1;
  for (size_t i = FirstSlotOf(number); slots_[i].number != 0;
       i = (i + 1) & mask) {
    if (slots_[i].number != number) continue;
    *index = slots_[i].index;
    return true;
  }
  return false;
}

bool MarkedObjects::Make(uintptr_t number, size_t* index) {
  if ((regions_.size() + 1) * 2 > slots_.size() && !Grow()) return false;
  constexpr uint64_t kNone[kWords] = {};
  *index = regions_.size();
  regions_.Push({number, *index});
  bits_.Append(kNone, kWords);
  if (bits_.arena()->failed()) return false;
  const size_t mask = slots_.size() - 1;
  size_t slot = FirstSlotOf(number);
  while (slots_[slot].number != 0) slot = (slot + 1) & mask;
  slots_[slot] = {number, *index};
  return true;
}

bool MarkedObjects::Grow() {
  const size_t capacity = slots_.empty() ? 1024 : slots_.size() * 2;
  if (!slots_.Reserve(capacity)) return false;
  slots_.Clear();
  while (slots_.size() < capacity) slots_.Push({0, 0});
  shift_ = 64;
  for (size_t size = capacity; size > 1; size /= 2) --shift_;
  for (const Region& region : regions_) {
    size_t slot = FirstSlotOf(region.number);
    while (slots_[slot].number != 0) slot = (slot + 1) & (capacity - 1);
    slots_[slot] = {region.number, region.index};
  }
  return true;
}

}  // namespace heap_dump
