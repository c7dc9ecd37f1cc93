#ifndef HEAPQ_INDEXER_BASE_COLUMN_H_
#define HEAPQ_INDEXER_BASE_COLUMN_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "indexer/base/column_memory.h"

namespace heapq {

// A growing array of plain values. Unlike std::vector it takes memory that
// others gave back before it asks the system for more (column_memory.h), grows
// large arrays by moving pages, and leaves memory that was reserved but never
// written untouched. Throws std::bad_alloc.
template <typename T>
class Column {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  Column() = default;
  explicit Column(size_t size) { resize(size); }
  Column(Column&& other) noexcept { *this = std::move(other); }
  Column& operator=(Column&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  ~Column() { Free(memory_); }

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
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
  const T& back() const { return data_[size_ - 1]; }

  void push_back(const T& value) {
    if (size_ == capacity_) {
      const T copy = value;  // it may lie in here
      Grow(size_ + 1);
      data_[size_++] = copy;
    } else {
      data_[size_++] = value;
    }
  }
  void pop_back() { SetSize(size_ - 1); }
  // New entries are zero.
  void resize(size_t size) {
    if (size > capacity_) Reallocate(size, false);
    if (size > size_) {
      const size_t from = size_ * sizeof(T);
      const size_t to = std::min(size * sizeof(T), memory_.zero_from);
      if (from < to) {
        std::memset(reinterpret_cast<char*>(data_) + from, 0, to - from);
      }
    }
    SetSize(size);
  }
  // New entries are whatever was in memory: for those that are all written.
  void resize_for_overwrite(size_t size) {
    if (size > capacity_) Reallocate(size, false);
    SetSize(size);
  }
  void assign(size_t size, T value) {
    clear();
    resize_for_overwrite(size);
    std::fill(data_, data_ + size, value);
  }
  void clear() { SetSize(0); }
  // Room for `size` entries in all.
  void reserve(size_t size) {
    if (size > capacity_) Reallocate(size, false);
  }
  // Room for `more` entries behind the last one, and for those that follow.
  void reserve_more(size_t more) {
    if (size_ + more > capacity_) Grow(size_ + more);
  }
  // Gives the memory back.
  void reset() { *this = Column(); }

 private:
  void SetSize(size_t size) {
    NoteWritten();
    size_ = size;
  }
  void NoteWritten() {
    memory_.zero_from = std::max(memory_.zero_from, size_ * sizeof(T));
  }
  void Grow(size_t wanted) {
    Reallocate(std::max({size_t{16}, capacity_ * 2, wanted}), true);
  }
  void Reallocate(size_t capacity, bool growing) {
    NoteWritten();
    memory_ = heapq::Reallocate(memory_, size_ * sizeof(T),
                                capacity * sizeof(T), growing);
    data_ = static_cast<T*>(memory_.data);
    capacity_ = memory_.size / sizeof(T);
  }

  ColumnMemory memory_;  // `zero_from` may be behind `size_` by what was pushed
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_COLUMN_H_
