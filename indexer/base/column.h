#ifndef HEAPQ_INDEXER_BASE_COLUMN_H_
#define HEAPQ_INDEXER_BASE_COLUMN_H_

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace heapq {

// A growing array of plain values. Unlike std::vector it grows by realloc,
// which for large arrays remaps pages instead of copying them, so that
// growing costs neither time nor a second copy in memory; and pages that were
// reserved but never written take none. Throws std::bad_alloc.
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
    return *this;
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  ~Column() { std::free(data_); }

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
    if (size > capacity_) Grow(size);
    if (size > size_) {
      std::memset(static_cast<void*>(data_ + size_), 0,
                  (size - size_) * sizeof(T));
    }
    size_ = size;
  }
  void assign(size_t size, T value) {
    clear();
    if (size > capacity_) Grow(size);
    for (size_t i = 0; i < size; ++i) data_[i] = value;
    size_ = size;
  }
  void clear() { size_ = 0; }
  // Gives the memory back.
  void reset() {
    Column empty;
    std::swap(data_, empty.data_);
    size_ = capacity_ = 0;
  }

 private:
  void Grow(size_t wanted) {
    size_t capacity = capacity_ < 16 ? 16 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    void* data = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(data);
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_COLUMN_H_
