#include "heap/direct_references.h"

#include "layout/layout.h"
#include "ruby/ruby_private.h"

namespace heap_dump {

void ReachableSet::Collect(VALUE object) {
  Clear();
  // An env marks itself, which says nothing.
  if (IsImemo(object, layout::kEnv)) self_ = object;
  rb_objspace_reachable_objects_from(
      object,
      [](VALUE target, void* self) {
        static_cast<ReachableSet*>(self)->Add(target);
      },
      this);
}

void ReachableSet::Clear() {
  self_ = 0;
  targets_.Clear();
  ++epoch_;
}

void ReachableSet::Add(VALUE target) {
  if (SPECIAL_CONST_P(target) || target == self_ || Has(target)) return;
  // Stacks may have changed since it was found out what is reachable.
  if (among_ != nullptr && !among_->Has(target)) return;
  targets_.Push({target, false});
  if (targets_.size() <= kFew) return;
  if (targets_.size() == kFew + 1 || targets_.size() * 2 > slots_.size()) {
    Rehash();
  } else {
    Insert(targets_.size() - 1);
  }
}

void ReachableSet::Rehash() {
  ++epoch_;
  size_t capacity = slots_.size() ? slots_.size() : 64;
  while (capacity < targets_.size() * 4) capacity *= 2;
  if (capacity > slots_.size()) {
    if (!slots_.Reserve(capacity)) return;
    while (slots_.size() < capacity) slots_.Push({0, 0});
  }
  shift_ = 64;
  for (size_t size = slots_.size(); size > 1; size /= 2) --shift_;
  for (size_t i = 0; i < targets_.size(); ++i) Insert(i);
}

void ReachableSet::Insert(size_t index) {
  const size_t mask = slots_.size() - 1;
  size_t slot = SlotOf(targets_[index].object);
  while (slots_[slot].epoch == epoch_) slot = (slot + 1) & mask;
  slots_[slot] = {epoch_, static_cast<uint32_t>(index)};
}

size_t ReachableSet::FindHashed(VALUE target) const {
  if (slots_.empty()) return kNone;
  const size_t mask = slots_.size() - 1;
  for (size_t slot = SlotOf(target); slots_[slot].epoch == epoch_;
       slot = (slot + 1) & mask) {
    if (targets_[slots_[slot].index].object == target)
      return slots_[slot].index;
  }
  return kNone;
}

}  // namespace heap_dump
