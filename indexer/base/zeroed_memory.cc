#include "indexer/base/zeroed_memory.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdlib>
#include <cstring>
#include <new>

namespace heapq {
namespace {

#if defined(__linux__)

// Smaller pieces come from malloc.
constexpr size_t kMapped = 1 << 20;
constexpr size_t kHugePage = 2 << 20;

size_t WholePages(size_t size) {
  constexpr size_t kPage = 4096;
  return (size + kPage - 1) / kPage * kPage;
}

// Each first touch of a page costs a trap; of a huge one as well, but that is
// 512 times as large. For the whole piece: half of it would become a mapping of
// its own, and mremap moves only one at a time.
void AskForHugePages(void* data, size_t size) {
  if (size >= kHugePage) madvise(data, size, MADV_HUGEPAGE);
}

void* Map(void* data, size_t old_size, size_t size) {
  void* const mapped = data == nullptr
                           ? mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                           : mremap(data, old_size, size, MREMAP_MAYMOVE);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  AskForHugePages(mapped, size);
  return mapped;
}

#endif

void* Reallocate(void* data, size_t old_size, size_t size) {
  void* const allocated = std::realloc(data, size);
  if (allocated == nullptr) throw std::bad_alloc();
  if (size > old_size) {
    std::memset(static_cast<char*>(allocated) + old_size, 0, size - old_size);
  }
  return allocated;
}

}  // namespace

#if defined(__linux__)

void* ReallocateZeroed(void* data, size_t old_size, size_t size) {
  if (old_size >= kMapped) {
    return Map(data, WholePages(old_size), WholePages(size));
  }
  if (size < kMapped) return Reallocate(data, old_size, size);
  void* const mapped = Map(nullptr, 0, WholePages(size));
  if (old_size > 0) std::memcpy(mapped, data, old_size);
  std::free(data);
  return mapped;
}

void FreeZeroed(void* data, size_t size) {
  if (size >= kMapped) {
    munmap(data, WholePages(size));
  } else {
    std::free(data);
  }
}

#else

void* ReallocateZeroed(void* data, size_t old_size, size_t size) {
  return Reallocate(data, old_size, size);
}

void FreeZeroed(void* data, size_t /*size*/) { std::free(data); }

#endif

}  // namespace heapq
