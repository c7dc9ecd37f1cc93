#include "account/page_finder.h"

#include <cstring>

#include "ruby/heap_pages.h"

namespace heap_dump {
namespace {

// Slots that a page has room for and does not have, at most.
constexpr uintptr_t kUncounted = 2;

bool StartsWith(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

// The index of the only candidate; -1 if there are several or none.
int OnlyOne(const bool* may_be, size_t count) {
  int found = -1;
  for (size_t i = 0; i < count; ++i) {
    if (!may_be[i]) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

int FirstOne(const bool* may_be, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (may_be[i]) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

PageFinder::PageFinder(size_t page_size, size_t stride)
    : page_size_(page_size), fixed_stride_(stride) {
  memset(first_may_be_, 1, sizeof(first_may_be_));
  memset(stride_may_be_, 1, sizeof(stride_may_be_));
  memset(total_may_be_, 1, sizeof(total_may_be_));
}

bool PageFinder::TakeSample(size_t stride) {
  for (size_t i = 0; i < kMaxStrides; ++i) {
    if (strides_[i] == 0) strides_[i] = stride;
    if (strides_[i] == stride) return samples_[i]++ < kSamples;
  }
  return false;
}

void PageFinder::Learn(uintptr_t page, VALUE object, size_t stride) {
  if (!TakeSample(stride)) return;
  const char* header;
  char content[kStructSize];
  if (!SafeRead(reinterpret_cast<const void*>(page), &header, sizeof(header)) ||
      !SafeRead(header, content, sizeof(content))) {
    return;
  }
  ++learnt_;
  uintptr_t near = 0;
  for (size_t i = 0; i < kWords; ++i) {
    uintptr_t first;
    memcpy(&first, content + i * sizeof(first), sizeof(first));
    first_may_be_[i] = first_may_be_[i] && first > page &&
                       first <= page + kNear && first <= object &&
                       (object - first) % stride == 0;
    if (first_may_be_[i]) near = first - page;
  }
  if (near < nearest_) nearest_ = near;
  if (near > farthest_) farthest_ = near;
  for (size_t i = 0; i < kHalves; ++i) {
    uint16_t size;
    memcpy(&size, content + i * sizeof(size), sizeof(size));
    stride_may_be_[i] = stride_may_be_[i] && size == stride;
    total_may_be_[i] =
        total_may_be_[i] && IsTotal(size, page + near, page, stride);
  }
}

bool PageFinder::IsTotal(uint16_t slots, uintptr_t first, uintptr_t page,
                         size_t stride) const {
  const uintptr_t all = (page + page_size_ - first) / stride;
  return slots <= all && slots + kUncounted >= all;
}

bool PageFinder::ready() {
  if (learnt_ == 0) return false;
  first_at_ = OnlyOne(first_may_be_, kWords);
  total_at_ = FirstOne(total_may_be_, kHalves);
  if (first_at_ < 0 || total_at_ < 0) return false;
  if (fixed_stride_ > 0) return true;
  // Pages with slots of one size only do not tell their size from a number that
  // happens to be the same.
  stride_at_ = strides_[1] == 0 ? -1 : OnlyOne(stride_may_be_, kHalves);
  return stride_at_ >= 0;
}

bool PageFinder::MayHavePages(const MemoryMaps::Mapping& mapping) {
  return mapping.readable && mapping.writable && !mapping.shared &&
         mapping.inode == 0 && !mapping.executable &&
         !StartsWith(mapping.name, "[stack]");
}

bool PageFinder::Recognise(uintptr_t at, Page* page) const {
  const char* header;
  char content[kStructSize];
  if (!SafeRead(reinterpret_cast<const void*>(at), &header, sizeof(header)) ||
      header == nullptr ||
      reinterpret_cast<uintptr_t>(header) % sizeof(void*) != 0 ||
      !SafeRead(header, content, sizeof(content))) {
    return false;
  }
  page->begin = at;
  memcpy(&page->first_slot, content + first_at_ * sizeof(uintptr_t),
         sizeof(uintptr_t));
  page->stride = fixed_stride_;
  if (fixed_stride_ == 0) {
    uint16_t size;
    memcpy(&size, content + stride_at_ * sizeof(size), sizeof(size));
    page->stride = size;
  }
  if (page->first_slot < at + nearest_ || page->first_slot > at + farthest_ ||
      page->stride < kUsualSlotSize || page->stride % sizeof(VALUE) != 0 ||
      page->stride > page_size_ / 4) {
    return false;
  }
  uint16_t total;
  memcpy(&total, content + total_at_ * sizeof(total), sizeof(total));
  return IsTotal(total, page->first_slot, at, page->stride);
}

}  // namespace heap_dump
