#ifndef HEAP_DUMP_ACCOUNT_SLOT_CENSUS_H_
#define HEAP_DUMP_ACCOUNT_SLOT_CENSUS_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "account/resident_memory.h"
#include "heap/dumped_objects.h"
#include "ruby/page_table.h"
#include "util/arena.h"

namespace heap_dump {

// Objects of one class whose extension does not say how much memory they take.
struct UnsizedData {
  VALUE klass;
  uint64_t count;
  // An address in the library that defines the objects' type: the type's
  // struct, or the function that frees the data of an untyped object. 0: not
  // known.
  uintptr_t in_library;
};

// The slots of one size.
struct SlotPool {
  static constexpr int kTenths = 10;
  size_t stride = 0;  // bytes
  uint64_t pages = 0;
  uint64_t live = 0;  // slots with objects of the dump
  uint64_t garbage = 0;
  // Pages by how many tenths of their bytes the dump's objects fill, the last
  // element included in full pages.
  uint64_t by_tenths[kTenths] = {};
};

// Objects and their memory, in bytes.
struct Slots {
  uint64_t count = 0;
  uint64_t slots = 0;  // on Ruby's heap
  // What malloc gave out for them, with what malloc adds. Threads and fibers
  // are left out: what they own is their stack.
  uint64_t owned = 0;
};

// One pass over the objects of a dump, for the account of memory.
struct SlotCensus {
  explicit SlotCensus(Arena* arena)
      : pages(arena), ranges(arena), unsized(arena) {}

  // `page_size`: of a page of Ruby's heap, in bytes.
  void Count(const DumpedObjects& dumped, size_t page_size);
  // Adds the pages without an object of the dump. Unless `live` is null, counts
  // as well the slots with an object that no root reaches and no collection has
  // freed yet: all objects but `live`. False if the table of pages cannot be
  // read. `allocated`: GC.stat's number of pages. After Count.
  bool CountOtherPages(const MarkedObjects* live, size_t allocated);

  // Makes `ranges` of the stacks that Count found and of `pages`. Last.
  void SortRanges(size_t page_size);

  // A page of Ruby's heap, and how many objects of the dump it has.
  struct Page {
    uintptr_t begin;
    uint64_t live;
  };
  ArenaVector<Page> pages;         // as far as known; sorted
  ArenaVector<KnownRange> ranges;  // these pages and stacks, sorted
  ArenaVector<UnsizedData> unsized;

  Slots objects;  // of the dump
  Slots garbage;
  static constexpr int kMaxPools = 16;
  SlotPool pools[kMaxPools];
  int pool_count = 0;
  uint64_t pages_with_objects = 0;
  // Pages of which the dump's objects fill less than a tenth.
  uint64_t sparse_pages = 0;

 private:
  void EndPage(size_t page_size, size_t stride);
  // Sorts `pages` and adds up the counts of those that are in it twice.
  void MergePages();
  // Counts a page that is not full of objects of the dump.
  void CountGarbage(const PageOfHeap& page, const MarkedObjects& live,
                    SlotPool* pool);
  // Returns null if there are more than kMaxPools sizes.
  SlotPool* PoolOf(size_t stride);
  void AddStack(const char* ec, MemoryUse use);
  // Whether the object is a thread or fiber.
  bool AddData(VALUE object);

  uint64_t slots_before_page_ = 0;
  uint64_t count_before_page_ = 0;
};

// What malloc takes for a block: glibc's header and rounding.
inline uint64_t MallocBytes(uint64_t size) {
  const uint64_t rounded = (size + 23) & ~uint64_t{15};
  return rounded < 32 ? 32 : rounded;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_SLOT_CENSUS_H_
