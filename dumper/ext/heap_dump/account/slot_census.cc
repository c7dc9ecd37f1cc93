#include "account/slot_census.h"

#include <ruby/version.h>

#include <algorithm>

#include "layout/layout.h"
#include "objects/data_objects.h"
#include "ruby/ruby_private.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

// More classes of objects without a size are not listed.
constexpr size_t kMaxUnsized = 64;
// A page is sparse if less than 1/kSparse of it is filled.
constexpr uint64_t kSparse = 10;
// Above the start of a thread's stack, as Ruby knows it, are the first frames
// and what the C library keeps of the thread.
constexpr uintptr_t kAboveStackStart = 16 << 10;
constexpr size_t kMaxStack = size_t{1} << 30;

// A thread's VM stack then lies on its machine stack, which is larger by as
// much.
constexpr bool kVmStackIsOnMachineStack = RUBY_API_VERSION_CODE < 30400;

template <typename T>
bool Read(const char* base, int offset, T* value) {
  return SafeRead(base + offset, value, sizeof(T));
}

// Types that no extension and no lazily filled table has a part in: asking how
// large one is, is safe although nothing refers to it any more.
bool IsPlain(int type) {
  return type == T_STRING || type == T_ARRAY || type == T_HASH ||
         type == T_OBJECT || type == T_STRUCT || type == T_BIGNUM;
}

// Returns UnsizedData::in_library for an object.
uintptr_t AddressInLibrary(VALUE object) {
  if (RTYPEDDATA_P(object)) {
    return reinterpret_cast<uintptr_t>(RTYPEDDATA_TYPE(object));
  }
  const auto free = reinterpret_cast<uintptr_t>(RDATA(object)->dfree);
  // RUBY_DEFAULT_FREE is -1.
  return free + 1 <= 1 ? 0 : free;
}

}  // namespace

void SlotCensus::Count(const DumpedObjects& dumped, size_t page_size) {
  const uintptr_t mask = ~(uintptr_t{page_size} - 1);
  uintptr_t last = 0;
  size_t last_stride = 0;
  bool sorted = true;
  dumped.ForEach([&](VALUE object, size_t stride) {
    const uintptr_t page = object & mask;
    if (page != last) {
      if (last != 0) EndPage(page_size, last_stride);
      sorted = sorted && page > last;
      pages.Push({page, 0});
      last = page;
      last_stride = stride;
    }
    ++objects.count;
    objects.slots += stride;
    if (BUILTIN_TYPE(object) == T_DATA && AddData(object)) return true;
    const size_t size = rb_obj_memsize_of(object);
    if (size > stride) objects.owned += MallocBytes(size - stride);
    return true;
  });
  if (last != 0) EndPage(page_size, last_stride);
  if (!sorted) MergePages();
  pages_with_objects = pages.size();
}

void SlotCensus::MergePages() {
  std::sort(pages.begin(), pages.end(),
            [](const Page& a, const Page& b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (const Page& page : pages) {
    if (kept > 0 && pages[kept - 1].begin == page.begin) {
      pages[kept - 1].live += page.live;
    } else {
      pages[kept++] = page;
    }
  }
  pages.Shrink(kept);
}

SlotPool* SlotCensus::PoolOf(size_t stride) {
  for (int i = 0; i < pool_count; ++i) {
    if (pools[i].stride == stride) return &pools[i];
  }
  if (pool_count == kMaxPools) return nullptr;
  pools[pool_count].stride = stride;
  return &pools[pool_count++];
}

void SlotCensus::EndPage(size_t page_size, size_t stride) {
  const uint64_t filled = objects.slots - slots_before_page_;
  if (filled * kSparse < page_size) ++sparse_pages;
  SlotPool* const pool = PoolOf(stride);
  if (pool != nullptr) {
    const uint64_t tenths = filled * SlotPool::kTenths / page_size;
    ++pool->pages;
    pool->live += objects.count - count_before_page_;
    ++pool->by_tenths[std::min<uint64_t>(tenths, SlotPool::kTenths - 1)];
  }
  if (!pages.empty()) {  // it is if the memory is exhausted
    pages[pages.size() - 1].live = objects.count - count_before_page_;
  }
  slots_before_page_ = objects.slots;
  count_before_page_ = objects.count;
}

bool SlotCensus::AddData(VALUE object) {
  const bool typed = RTYPEDDATA_P(object);
  const bool is_thread = IsDataOf(object, "VM/thread");
  const bool is_fiber = IsDataOf(object, "fiber");
  if (is_thread && May(kMachineStacks)) {
    const auto* const data = static_cast<const char*>(DataOf(object));
    const char* ec = nullptr;
    if (Read(data, CurrentLayout()->thread_ec, &ec) && ec != nullptr) {
      AddStack(ec, MemoryUse::kThreadStacks);
    }
  } else if (is_fiber && May(kFibers) && May(kMachineStacks)) {
    const auto* const data = static_cast<const char*>(DataOf(object));
    if (data != nullptr) {
      AddStack(data + CurrentLayout()->fiber_ec, MemoryUse::kFiberStacks);
    }
  }
  const bool sized =
      typed && RTYPEDDATA_TYPE(object)->function.dsize != nullptr;
  if (sized || DataOf(object) == nullptr) return is_thread || is_fiber;
  const VALUE klass = RBASIC_CLASS(object);
  for (UnsizedData& each : unsized) {
    if (each.klass == klass) {
      ++each.count;
      return false;
    }
  }
  if (klass != 0 && unsized.size() < kMaxUnsized) {
    unsized.Push({klass, 1, AddressInLibrary(object)});
  }
  return false;
}

void SlotCensus::AddStack(const char* ec, MemoryUse use) {
  uintptr_t start = 0;
  size_t size = 0;
  const int at = CurrentLayout()->ec_stack_start;
  if (!Read(ec, at, &start) || !Read(ec, at + 2 * sizeof(VALUE), &size) ||
      start == 0 || size == 0 || size > kMaxStack || size > start) {
    return;
  }
  uintptr_t above = 0;
  if (use == MemoryUse::kThreadStacks) {
    above = kAboveStackStart + (kVmStackIsOnMachineStack ? size : 0);
  }
  ranges.Push({start - size, start + above, start - 1, use});
}

void SlotCensus::SortRanges(size_t page_size) {
  for (const Page& page : pages) {
    ranges.Push(
        {page.begin, page.begin + page_size, page.begin, MemoryUse::kRubyHeap});
  }
  // At the same place a thread's stack goes before that of its root fiber.
  std::sort(ranges.begin(), ranges.end(),
            [](const KnownRange& a, const KnownRange& b) {
              return a.begin != b.begin ? a.begin < b.begin : a.use < b.use;
            });
  size_t kept = 0;
  for (const KnownRange& range : ranges) {
    KnownRange next = range;
    if (kept > 0 && next.begin < ranges[kept - 1].end) {
      next.begin = ranges[kept - 1].end;
    }
    if (next.begin < next.end) ranges[kept++] = next;
  }
  ranges.Shrink(kept);
}

bool SlotCensus::CountOtherPages(const MarkedObjects* live, size_t allocated) {
  ArenaVector<PageOfHeap> all(pages.arena());
  ArenaVector<Page> counted(pages.arena());
  if (!all.Reserve(allocated) || !counted.Reserve(allocated) ||
      !PageTable::ForEach(allocated,
                          [&all](const PageOfHeap& page) { all.Push(page); })) {
    return false;
  }
  size_t next = 0;  // in `pages`
  for (const PageOfHeap& page : all) {
    uint64_t live_here = 0;
    while (next < pages.size() && pages[next].begin < page.begin) ++next;
    if (next < pages.size() && pages[next].begin == page.begin) {
      live_here = pages[next].live;
    }
    counted.Push({page.begin, live_here});
    SlotPool* const pool = PoolOf(page.stride);
    if (live != nullptr && live_here + page.free_slots < page.slots) {
      CountGarbage(page, *live, pool);
    }
    if (live_here == 0 && pool != nullptr) {
      ++pool->pages;
      ++pool->by_tenths[0];
    }
  }
  pages.Clear();
  pages.Append(counted.begin(), counted.size());
  return true;
}

void SlotCensus::CountGarbage(const PageOfHeap& page, const MarkedObjects& live,
                              SlotPool* pool) {
  for (size_t i = 0; i < page.slots; ++i) {
    const auto value = static_cast<VALUE>(page.first_slot + i * page.stride);
    if (live.Has(value) || !HeapPages::IsObject(value)) continue;
    ++garbage.count;
    if (pool != nullptr) ++pool->garbage;
    garbage.slots += page.stride;
    // A class that is not in the dump may have been freed: Ruby is not asked
    // for the size of such an object, which it would look up by the class.
    if (!IsPlain(BUILTIN_TYPE(value)) || !live.Has(RBASIC_CLASS(value))) {
      continue;
    }
    const size_t size = rb_obj_memsize_of(value);
    if (size > page.stride) garbage.owned += MallocBytes(size - page.stride);
  }
}

}  // namespace heap_dump
