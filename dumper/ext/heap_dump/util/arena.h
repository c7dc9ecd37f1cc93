#ifndef HEAP_DUMP_UTIL_ARENA_H_
#define HEAP_DUMP_UTIL_ARENA_H_

#include <yajl/yajl_common.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heap_dump {

// Memory straight from mmap, never from malloc: in a cloned process another
// thread, which is not there any more, may have held malloc's lock. Blocks
// are of powers of two and are used again; everything goes with the arena.
// For one thread.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 16 bytes; null, and failed() from then on, when there is no
  // memory left.
  void* Allocate(size_t size);
  void* Reallocate(void* block, size_t size);
  void Free(void* block);

  // True once an allocation was refused.
  bool failed() const { return failed_; }

  // For yajl; the arena lives longer.
  yajl_alloc_funcs YajlFunctions();

 private:
  struct Header;
  struct Chunk;
  static constexpr int kClasses = 48;
  static constexpr size_t kLargest = size_t{1} << (kClasses - 2);

  Header* Take(int size_class);
  Chunk* AddChunk(size_t size);
  Header* GrowOwnChunk(Header* header, int size_class);

  Chunk* chunks_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  Header* free_[kClasses] = {};
  bool failed_ = false;
};

// A growing array of plain data in an arena. What is pushed when the memory
// is exhausted is lost; the arena then says failed().
template <typename T>
class ArenaVector {
 public:
  explicit ArenaVector(Arena* arena) : arena_(arena) {}
  ~ArenaVector() { arena_->Free(items_); }
  ArenaVector(const ArenaVector&) = delete;
  ArenaVector& operator=(const ArenaVector&) = delete;

  void Push(const T& item) {
    if (size_ == capacity_ && !Reserve(capacity_ ? capacity_ * 2 : 16)) return;
    items_[size_++] = item;
  }
  void Append(const T* items, size_t count) {
    if (size_ + count > capacity_ &&
        !Reserve(capacity_ * 2 > size_ + count ? capacity_ * 2
                                               : size_ + count)) {
      return;
    }
    if (count > 0) memcpy(items_ + size_, items, count * sizeof(T));
    size_ += count;
  }
  bool Reserve(size_t capacity) {
    if (capacity <= capacity_) return true;
    void* items = arena_->Reallocate(items_, capacity * sizeof(T));
    if (items == nullptr) return false;
    items_ = static_cast<T*>(items);
    capacity_ = capacity;
    return true;
  }
  void Clear() { size_ = 0; }
  void Shrink(size_t size) { size_ = size; }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }
  Arena* arena() const { return arena_; }

 private:
  Arena* const arena_;
  T* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_UTIL_ARENA_H_
