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

// The serial type of an integer and the bytes that it takes.
// https://www.sqlite.org/fileformat2.html#record_format
struct SqliteIntForm {
  uint8_t type;
  uint8_t bytes;
};
// `null`: it is NULL instead. Without branches: which values a column holds
// can't be foreseen.
inline SqliteIntForm FormOfSqliteInt(int64_t value, bool null = false) {
  // NULL; 0 and 1, which are constants from schema format 4 on; others by the
  // number of bits without the sign, in eights.
  static constexpr SqliteIntForm kForms[] = {{0, 0}, {8, 0}, {9, 0}, {1, 1},
                                             {2, 2}, {3, 3}, {4, 4}, {5, 6},
                                             {5, 6}, {6, 8}, {6, 8}};
  const auto magnitude = static_cast<uint64_t>(value ^ (value >> 63));
  const auto bits = static_cast<uint64_t>(64 - __builtin_clzll(magnitude | 1));
  uint64_t form = 3 + bits / 8;
  form = static_cast<uint64_t>(value) <= 1 ? 1 + static_cast<uint64_t>(value)
                                           : form;
  form &= null ? uint64_t{0} : ~uint64_t{0};
  return kForms[form];
}

// Writes `value` as an integer of a record at `*p`, moves `*p` behind it, and
// returns its serial type, which is below 128. Eight bytes at `*p` must be
// writable.
inline uint8_t PutSqliteInt(int64_t value, uint8_t** p) {
  const SqliteIntForm form = FormOfSqliteInt(value);
  if (form.bytes == 0) return form.type;
  const uint64_t big_endian =
      __builtin_bswap64(static_cast<uint64_t>(value) << (64 - 8 * form.bytes));
  std::memcpy(*p, &big_endian, 8);
  *p += form.bytes;
  return form.type;
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
    Reserve(8);
    uint8_t* end = body_.data() + body_end_;
    AddType(PutSqliteInt(value, &end));
    body_end_ = static_cast<size_t>(end - body_.data());
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
