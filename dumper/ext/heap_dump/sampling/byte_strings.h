#ifndef HEAP_DUMP_SAMPLING_BYTE_STRINGS_H_
#define HEAP_DUMP_SAMPLING_BYTE_STRINGS_H_

#include <cstddef>
#include <cstdint>

#include "util/arena.h"

namespace heap_dump {

// A dictionary of byte strings, numbered from 0 in the order in which they
// were added. For one thread.
class ByteStrings {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // The arena lives longer.
  explicit ByteStrings(Arena* arena)
      : bytes_(arena), begin_(arena), places_(arena) {}

  // The number of this byte string, which is added if it is new. kNone: there
  // is no memory left.
  uint32_t Intern(const void* bytes, size_t size);

  const char* data(uint32_t number) const {
    return bytes_.begin() + begin_[number];
  }
  size_t size(uint32_t number) const {
    return (number + 1 < count() ? begin_[number + 1] : bytes_.size()) -
           begin_[number];
  }
  uint32_t count() const { return static_cast<uint32_t>(begin_.size()); }
  size_t byte_count() const { return bytes_.size(); }

  // Forgets all strings and keeps the memory.
  void Clear();

 private:
  uint32_t* FindPlace(const void* bytes, size_t size);
  bool Grow();

  ArenaVector<char> bytes_;
  ArenaVector<uint32_t> begin_;
  // Open addressing: number + 1 of a string, or 0; a power of two of places.
  ArenaVector<uint32_t> places_;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_BYTE_STRINGS_H_
