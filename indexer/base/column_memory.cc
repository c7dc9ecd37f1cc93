#include "indexer/base/column_memory.h"

// AddressSanitizer can only watch over what malloc gives.
#if defined(__SANITIZE_ADDRESS__)
#define HEAPQ_WATCHED_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAPQ_WATCHED_MEMORY 1
#endif
#endif
#if defined(__linux__) && !defined(HEAPQ_WATCHED_MEMORY)
#define HEAPQ_POOL 1
#endif

#if defined(HEAPQ_POOL)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <new>

namespace heapq {
namespace {

#if defined(HEAPQ_POOL)

// Smaller pieces come from malloc.
constexpr size_t kPooled = 32 << 10;

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = 2 << 20;
// Larger ones are mappings of their own, which go back to the system at once.
constexpr size_t kMapped = 16 << 20;
constexpr size_t kMappedIfGrowing = kHugePage;
constexpr size_t kRegion = 64 << 20;

size_t RoundUp(size_t size, size_t unit) {
  return (size + unit - 1) / unit * unit;
}

// A huge page is 512 times as large as a page, its first touch costs one trap
// as well. For the whole mapping: half of it would become one of its own, and
// mremap moves only one at a time.
void* MapOrThrow(void* data, size_t old_size, size_t size) {
  void* const mapped = data == nullptr
                           ? mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                           : mremap(data, old_size, size, MREMAP_MAYMOVE);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  madvise(mapped, size, MADV_HUGEPAGE);
  return mapped;
}

// One mapping, of which pieces are handed out: the lowest that is free.
class Region {
 public:
  Region()
      : mapping_(
            static_cast<char*>(MapOrThrow(nullptr, 0, kRegion + kHugePage))) {
    const auto address = reinterpret_cast<uintptr_t>(mapping_);
    begin_ = mapping_ + (RoundUp(address, kHugePage) - address);
    touched_ = begin_;
    free_.emplace(begin_, kRegion);
  }
  ~Region() { munmap(mapping_, kRegion + kHugePage); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  bool Has(const char* data) const {
    return data >= begin_ && data < begin_ + kRegion;
  }
  bool empty() const {
    return free_.size() == 1 && free_.begin()->second == kRegion;
  }

  // Null data: there is no room.
  ColumnMemory Take(size_t size) {
    const auto found =
        std::find_if(free_.begin(), free_.end(),
                     [size](const auto& gap) { return gap.second >= size; });
    if (found == free_.end()) return {};
    char* const data = found->first;
    if (found->second > size) {
      free_.emplace_hint(std::next(found), data + size, found->second - size);
    }
    free_.erase(found);
    const size_t dirty =
        touched_ > data ? std::min(size, static_cast<size_t>(touched_ - data))
                        : 0;
    touched_ = std::max(touched_, data + size);
    return {data, size, dirty, false};
  }

  void Give(char* data, size_t size) {
    auto gap = free_.emplace(data, size).first;
    const auto next = std::next(gap);
    if (next != free_.end() && data + size == next->first) {
      gap->second += next->second;
      free_.erase(next);
    }
    if (gap == free_.begin()) return;
    const auto before = std::prev(gap);
    if (before->first + before->second == data) {
      before->second += gap->second;
      free_.erase(gap);
    }
  }

 private:
  char* const mapping_;
  char* begin_;                   // at a huge page
  char* touched_;                 // nothing from here on was handed out yet
  std::map<char*, size_t> free_;  // no two of them touch
};

class Pool {
 public:
  ColumnMemory Take(size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Region& region : regions_) {
      const ColumnMemory memory = region.Take(size);
      if (memory.data != nullptr) return memory;
    }
    return regions_.emplace_back().Take(size);
  }

  void Give(const ColumnMemory& memory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto* const data = static_cast<char*>(memory.data);
    const auto region =
        std::find_if(regions_.begin(), regions_.end(),
                     [data](const Region& r) { return r.Has(data); });
    region->Give(data, memory.size);
    // The first one is kept for what comes next.
    if (region->empty() && region != regions_.begin()) regions_.erase(region);
  }

 private:
  std::mutex mutex_;
  std::list<Region> regions_;
};

// Never destroyed: columns may outlive everything.
Pool& ThePool() {
  static auto* const pool = new Pool();
  return *pool;
}

#endif

ColumnMemory Allocate(size_t size, [[maybe_unused]] bool growing) {
#if defined(HEAPQ_POOL)
  if (size > (growing ? kMappedIfGrowing : kMapped)) {
    const size_t mapped = RoundUp(size, kPage);
    return {MapOrThrow(nullptr, 0, mapped), mapped, 0, true};
  }
  if (size >= kPooled) return ThePool().Take(RoundUp(size, kPage));
#endif
  void* const data = std::malloc(size);
  if (data == nullptr) throw std::bad_alloc();
  return {data, size, size, false};
}

}  // namespace

ColumnMemory Reallocate(ColumnMemory memory, size_t used, size_t size,
                        bool growing) {
#if defined(HEAPQ_POOL)
  if (memory.mapped && size >= kPooled) {
    const size_t mapped = RoundUp(size, kPage);
    memory.data = MapOrThrow(memory.data, memory.size, mapped);
    memory.size = mapped;
    memory.zero_from = std::min(memory.zero_from, mapped);
    return memory;
  }
#endif
  ColumnMemory grown = Allocate(size, growing);
  used = std::min(used, size);
  if (used > 0) std::memcpy(grown.data, memory.data, used);
  grown.zero_from = std::max(grown.zero_from, used);
  Free(memory);
  return grown;
}

void Free(const ColumnMemory& memory) {
  if (memory.data == nullptr) return;
#if defined(HEAPQ_POOL)
  if (memory.mapped) {
    munmap(memory.data, memory.size);
    return;
  }
  if (memory.size >= kPooled) {
    ThePool().Give(memory);
    return;
  }
#endif
  std::free(memory.data);
}

}  // namespace heapq
