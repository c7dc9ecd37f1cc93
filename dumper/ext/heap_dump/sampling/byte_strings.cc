#include "sampling/byte_strings.h"

#include <ruby.h>

#include <cstring>

namespace heap_dump {
namespace {

constexpr size_t kFirstPlaces = 256;

uint64_t HashOf(const void* bytes, size_t size) {
  return rb_memhash(bytes, static_cast<long>(size));
}

}  // namespace

uint32_t* ByteStrings::FindPlace(const void* bytes, size_t size) {
  const size_t mask = places_.size() - 1;
  for (size_t i = HashOf(bytes, size) & mask;; i = (i + 1) & mask) {
    uint32_t* const place = &places_[i];
    if (*place == 0) return place;
    const uint32_t number = *place - 1;
    if (this->size(number) == size && memcmp(data(number), bytes, size) == 0) {
      return place;
    }
  }
}

uint32_t ByteStrings::Intern(const void* bytes, size_t size) {
  if (places_.size() < 2 * (begin_.size() + 1) && !Grow()) return kNone;
  uint32_t* const place = FindPlace(bytes, size);
  if (*place != 0) return *place - 1;
  const size_t begin = bytes_.size();
  const size_t number = begin_.size();
  if (begin + size > UINT32_MAX) return kNone;
  bytes_.Append(static_cast<const char*>(bytes), size);
  begin_.Push(static_cast<uint32_t>(begin));
  if (bytes_.size() != begin + size || begin_.size() != number + 1) {
    bytes_.Shrink(begin);
    begin_.Shrink(number);
    return kNone;
  }
  *place = static_cast<uint32_t>(number) + 1;
  return static_cast<uint32_t>(number);
}

bool ByteStrings::Grow() {
  const size_t size = places_.empty() ? kFirstPlaces : 2 * places_.size();
  if (!places_.Reserve(size)) return false;
  places_.Clear();
  for (size_t i = 0; i < size; ++i) places_.Push(0);
  for (uint32_t i = 0; i < count(); ++i) {
    *FindPlace(data(i), this->size(i)) = i + 1;
  }
  return true;
}

void ByteStrings::Clear() {
  bytes_.Clear();
  begin_.Clear();
  for (uint32_t& place : places_) place = 0;
}

}  // namespace heap_dump
