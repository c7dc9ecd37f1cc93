#ifndef HEAPQ_INDEXER_SQLITE_RECORD_BUILDER_H_
#define HEAPQ_INDEXER_SQLITE_RECORD_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace heapq {

// Writes `value` as SQLite's big-endian varint (1…9 bytes) at `p` and returns
// the end. https://www.sqlite.org/fileformat2.html#varint
inline uint8_t* PutSqliteVarint(uint8_t* p, uint64_t value) {
  if (value < 0x80) {
    *p = static_cast<uint8_t>(value);
    return p + 1;
  }
  if (value >> 56 != 0) {  // nine bytes: the last one holds eight bits
    p[8] = static_cast<uint8_t>(value);
    value >>= 8;
    for (int i = 7; i >= 0; --i) {
      p[i] = static_cast<uint8_t>(value | 0x80);
      value >>= 7;
    }
    return p + 9;
  }
  int length = 1;
  for (uint64_t rest = value >> 7; rest != 0; rest >>= 7) ++length;
  for (int i = length - 1; i >= 0; --i) {
    p[i] = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  p[length - 1] &= 0x7f;
  return p + length;
}

inline int SqliteVarintLength(uint64_t value) {
  int length = 1;
  while (value >= 0x80 && length < 9) {
    value >>= 7;
    ++length;
  }
  return length;
}

// Encodes one row in SQLite's record format: a header of serial types, then
// the values. Reused row by row: Clear, Add…, Header/Body.
// https://www.sqlite.org/fileformat2.html#record_format
class RecordBuilder {
 public:
  RecordBuilder() : header_(128), body_(256) { Clear(); }

  void Clear() {
    header_end_ = 1;  // the length goes in front
    body_end_ = 0;
  }

  void AddNull() { AddType(0); }

  void AddInt(int64_t value) {
    if (value == 0 || value == 1) {  // constants, from schema format 4 on
      AddType(static_cast<uint64_t>(8 + value));
      return;
    }
    const uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value)
                                         : static_cast<uint64_t>(value);
    const int bits = 65 - __builtin_clzll(magnitude | 1);
    int bytes = (bits + 7) / 8;
    if (bytes == 5) bytes = 6;
    if (bytes == 7) bytes = 8;
    AddType(static_cast<uint64_t>(bytes == 6 ? 5 : bytes == 8 ? 6 : bytes));
    Reserve(8);
    const uint64_t big_endian =
        __builtin_bswap64(static_cast<uint64_t>(value) << (64 - 8 * bytes));
    std::memcpy(body_.data() + body_end_, &big_endian, 8);
    body_end_ += static_cast<size_t>(bytes);
  }

  void AddText(std::string_view text) {
    AddType(text.size() * 2 + 13);
    Reserve(text.size());
    if (!text.empty()) {
      std::memcpy(body_.data() + body_end_, text.data(), text.size());
    }
    body_end_ += text.size();
  }

  // The header with its length in front. Call once a row; valid until Clear.
  std::string_view Header();
  std::string_view Body() const {
    return {reinterpret_cast<const char*>(body_.data()), body_end_};
  }

 private:
  void AddType(uint64_t type) {
    if (header_.size() < header_end_ + 9) header_.resize(2 * header_.size());
    header_end_ = static_cast<size_t>(
        PutSqliteVarint(header_.data() + header_end_, type) - header_.data());
  }
  void Reserve(size_t bytes) {
    if (body_.size() < body_end_ + bytes + 8) {
      body_.resize(2 * (body_end_ + bytes) + 8);
    }
  }

  std::vector<uint8_t> header_;
  std::vector<uint8_t> body_;
  size_t header_end_ = 1;
  size_t body_end_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_RECORD_BUILDER_H_
