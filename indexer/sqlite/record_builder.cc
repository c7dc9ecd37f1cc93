#include "indexer/sqlite/record_builder.h"

namespace heapq {

std::string_view RecordBuilder::Header() {
  // Clear() leaves one byte for the length; that is enough below 128 bytes of
  // types, which means up to some dozens of columns.
  if (header_end_ < 128) {
    header_[0] = static_cast<uint8_t>(header_end_);
    return {reinterpret_cast<const char*>(header_.data()), header_end_};
  }
  // The length counts itself, two bytes here (up to 16 KB of types).
  header_.insert(header_.begin(), 0);
  ++header_end_;
  PutSqliteVarint(header_.data(), header_end_);
  return {reinterpret_cast<const char*>(header_.data()), header_end_};
}

}  // namespace heapq
