#ifndef HEAP_DUMP_LAYOUT_MEMORY_H_
#define HEAP_DUMP_LAYOUT_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "layout/candidates.h"

namespace heap_dump {

// A copy of the memory from an address on, up to what can be read.
class Memory {
 public:
  // More is never looked at.
  static constexpr size_t kMost = 4096;

  Memory(const void* from, size_t bytes);

  size_t size() const { return size_; }

  // The value at an offset, which must leave room for it.
  template <typename T>
  T At(size_t offset) const {
    T value;
    memcpy(&value, bytes_ + offset, sizeof(T));
    return value;
  }

  // Adds each aligned offset whose value satisfies `is`.
  template <typename T, typename Is>
  Candidates Where(Is is) const {
    Candidates found;
    found.Clear();
    for (size_t at = 0; at + sizeof(T) <= size_; at += sizeof(T)) {
      if (is(At<T>(at))) found.Add(static_cast<int>(at));
    }
    return found;
  }
  // The same for words that are equal to `value`.
  Candidates WhereWordIs(uintptr_t value) const {
    return Where<uintptr_t>([value](uintptr_t word) { return word == value; });
  }

 private:
  size_t size_ = 0;
  alignas(8) char bytes_[kMost];
};

// Whether the word may be the address of something aligned.
inline bool IsAddress(uintptr_t word) { return word >= 4096 && word % 8 == 0; }

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_MEMORY_H_
