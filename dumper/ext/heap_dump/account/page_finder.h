#ifndef HEAP_DUMP_ACCOUNT_PAGE_FINDER_H_
#define HEAP_DUMP_ACCOUNT_PAGE_FINDER_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "util/memory_maps.h"
#include "util/safe_read.h"

namespace heap_dump {

// Finds the pages of Ruby's heap, those without a live object included, without
// a call of Ruby: its list of pages can only be had with malloc, and from 3.4
// on at the price of a finished sweep.
//
// A page begins with a pointer to a struct that has the address of the page's
// first slot, the number of its slots and, from Ruby 3.2 on, their size. Where
// in the struct they are is learnt from pages whose objects are known, and must
// be the same in all of them. Other memory is taken for a page only if all
// three fit, because what looks like an object there is no object.
class PageFinder {
 public:
  struct Page {
    uintptr_t begin;
    uintptr_t first_slot;
    size_t stride;
  };

  // `page_size`: bytes. `stride`: of all slots; 0: it varies.
  PageFinder(size_t page_size, size_t stride);

  // A page that has this object. Call it with any number of pages.
  void Learn(uintptr_t page, VALUE object, size_t stride);
  // Whether pages can be recognised. After the last Learn.
  bool ready();

  // Calls visit(page) for each page of the heap, by address.
  template <typename Visit>
  void ForEachPage(Visit visit) const {
    MemoryMaps maps;
    MemoryMaps::Mapping mapping;
    while (maps.Next(&mapping)) {
      if (!MayHavePages(mapping)) continue;
      const uintptr_t mask = page_size_ - 1;
      uintptr_t at = (mapping.begin + mask) & ~mask;
      for (; at + page_size_ <= mapping.end; at += page_size_) {
        Page page;
        if (Recognise(at, &page)) visit(page);
      }
    }
  }

 private:
  // Of the struct, the part that is looked at.
  static constexpr size_t kStructSize = 192;
  static constexpr size_t kWords = kStructSize / sizeof(uintptr_t);
  static constexpr size_t kHalves = kStructSize / sizeof(uint16_t);
  // Pages that are learnt from, for each size of slots.
  static constexpr int kSamples = 16;
  static constexpr size_t kMaxStrides = 8;
  // Where the first slot may lie, from the beginning of the page.
  static constexpr uintptr_t kNear = 1024;

  static bool MayHavePages(const MemoryMaps::Mapping& mapping);
  bool Recognise(uintptr_t at, Page* page) const;
  bool IsTotal(uint16_t slots, uintptr_t first, uintptr_t page,
               size_t stride) const;
  bool TakeSample(size_t stride);

  const uintptr_t page_size_;
  const size_t fixed_stride_;
  size_t strides_[kMaxStrides] = {};
  int samples_[kMaxStrides] = {};
  int learnt_ = 0;
  bool first_may_be_[kWords];
  bool stride_may_be_[kHalves];
  bool total_may_be_[kHalves];
  // Distances of first slots from the beginnings of their pages.
  uintptr_t nearest_ = ~uintptr_t{0};
  uintptr_t farthest_ = 0;
  int first_at_ = -1;   // index of the word
  int stride_at_ = -1;  // index of the half word
  int total_at_ = -1;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_PAGE_FINDER_H_
