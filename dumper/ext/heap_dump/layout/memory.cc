#include "layout/memory.h"

#include "util/safe_read.h"

namespace heap_dump {
namespace {

// No page is smaller.
constexpr uintptr_t kPage = 4096;

}  // namespace

Memory::Memory(const void* from, size_t bytes) {
  if (bytes > kMost) bytes = kMost;
  if (from == nullptr) return;
  if (SafeRead(from, bytes_, bytes)) {
    size_ = bytes;
    return;
  }
  // Page by page up to the first that is not there.
  const uintptr_t begin = reinterpret_cast<uintptr_t>(from);
  while (size_ < bytes) {
    const uintptr_t at = begin + size_;
    size_t piece = kPage - at % kPage;
    if (piece > bytes - size_) piece = bytes - size_;
    if (!SafeRead(reinterpret_cast<void*>(at), bytes_ + size_, piece)) return;
    size_ += piece;
  }
}

}  // namespace heap_dump
