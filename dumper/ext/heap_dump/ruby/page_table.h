#ifndef HEAP_DUMP_RUBY_PAGE_TABLE_H_
#define HEAP_DUMP_RUBY_PAGE_TABLE_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// A page of Ruby's heap.
struct PageOfHeap {
  uintptr_t begin;
  uintptr_t first_slot;
  size_t stride;      // bytes from one slot to the next
  size_t slots;       // a count
  size_t free_slots;  // at least this many have no object
};

// Finds the table in which Ruby lists the pages of its heap, those without an
// object included. The functions of Ruby that return this list call malloc and,
// from 3.4 on, finish a sweep, which a copy of the process must not do.
//
// Each page begins with a pointer to a struct that describes it. Learn compares
// these structs with what rb_objspace_each_objects returns and keeps an offset
// only if it is right for all of them.
class PageTable {
 public:
  // To be called once, at require. May raise what another thread raised.
  static void Learn();

  // Bytes of a page and what it is aligned to; 0: not known.
  static size_t page_size() { return page_size_; }
  static bool is_known() { return table_at_ != 0; }
  // Whether SlotSizeOf may be called.
  static bool has_slot_sizes() { return stride_at_ >= 0 || fixed_stride_ > 0; }
  // Bytes of the slot of an object on the heap.
  static size_t SlotSizeOf(VALUE object) {
    if (fixed_stride_ > 0) return fixed_stride_;
    return StrideIn(*reinterpret_cast<const char* const*>(
        object & ~(uintptr_t{page_size_} - 1)));
  }

  // Calls visit(const PageOfHeap&) for each of `count` pages by address. False
  // if the table is not as expected. `count`: GC.stat's heap_allocated_pages.
  template <typename Visit>
  static bool ForEach(size_t count, Visit visit) {
    const char* const* const structs = Structs();
    if (structs == nullptr) return false;
    uintptr_t last = 0;
    for (size_t i = 0; i < count; ++i) {
      PageOfHeap page;
      if (!Describe(structs[i], &page) || page.begin <= last) return false;
      last = page.begin;
      visit(page);
    }
    return true;
  }

 private:
  friend class PageTableSearch;

  static size_t StrideIn(const char* page_struct) {
    return *reinterpret_cast<const uint16_t*>(page_struct + stride_at_);
  }
  static const char* const* Structs();
  static bool Describe(const char* page_struct, PageOfHeap* page);

  static size_t page_size_;
  static size_t fixed_stride_;  // 0: pages differ
  // Offsets in the struct; -1: not known.
  static int first_at_;
  static int stride_at_;
  static int total_at_;
  // The address of the pointer to the table, and where in it the first page is.
  static uintptr_t table_at_;
  static size_t first_entry_;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_RUBY_PAGE_TABLE_H_
