#ifndef HEAPQ_INDEXER_BASE_COLUMN_H_
#define HEAPQ_INDEXER_BASE_COLUMN_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "indexer/base/zeroed_memory.h"

namespace heapq {

// A growing array of plain values. Unlike std::vector it takes large arrays
// straight from the system: growing moves pages instead of copying them, new
// pages need not be zeroed again, pages that were reserved but never written
// take no memory, and what is given back is free at once. Throws
// std::bad_alloc.
template <typename T>
class Column {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Column() = default;
  explicit Column(size_t size) { resize(size); }
  Column(Column&& other) noexcept { *this = std::move(other); }
  Column& operator=(Column&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(written_, other.written_);
    return *this;
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  ~Column() { FreeZeroed(data_, capacity_ * sizeof(T)); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& back() { return data_[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_) Grow(size_ + 1);
    data_[size_++] = value;
  }
  // New entries are zero.
  void resize(size_t size) {
    if (size > capacity_) Reallocate(size);
    if (size > size_ && size_ < written_) {
      std::memset(static_cast<void*>(data_ + size_), 0,
                  (std::min(size, written_) - size_) * sizeof(T));
    }
    SetSize(size);
  }
  void assign(size_t size, T value) {
    clear();
    if (size > capacity_) Reallocate(size);
    for (size_t i = 0; i < size; ++i) data_[i] = value;
    SetSize(size);
  }
  void clear() { SetSize(0); }
  // Room for `size` entries in all.
  void reserve(size_t size) {
    if (size > capacity_) Grow(size);
  }
  // Gives the memory back.
  void reset() { *this = Column(); }

 private:
  void SetSize(size_t size) {
    written_ = std::max(written_, size_);
    size_ = size;
  }
  void Grow(size_t wanted) {
    Reallocate(std::max({size_t{16}, capacity_ * 2, wanted}));
  }
  void Reallocate(size_t capacity) {
    data_ = static_cast<T*>(
        ReallocateZeroed(data_, capacity_ * sizeof(T), capacity * sizeof(T)));
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t written_ = 0;  // entries behind it were zero before `size_` grew
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_COLUMN_H_
