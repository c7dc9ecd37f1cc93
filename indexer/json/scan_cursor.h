#ifndef HEAPQ_INDEXER_JSON_SCAN_CURSOR_H_
#define HEAPQ_INDEXER_JSON_SCAN_CURSOR_H_

#include <cstdint>
#include <cstring>
#include <string_view>

#include "indexer/base/simd.h"
#include "indexer/base/utf8.h"
#include "indexer/heap/record_batch.h"

namespace heapq {

// A handful of short texts, each with a number, found by one probe.
class WordTable {
 public:
  struct Word {
    std::string_view text;  // at most 16 bytes
    uint8_t number;         // not 0
  };

  template <size_t kCount>
  explicit WordTable(const Word (&words)[kCount]) {
    static_assert(kCount <= kSlots / 2);
    for (const Word& word : words) {
      char padded[kReadAhead] = {};
      std::memcpy(padded, word.text.data(), word.text.size());
      const auto size = static_cast<int>(word.text.size());
      const Slot key = KeyOf(padded, size, word.number);
      size_t at = Place(key, size);
      while (slots_[at].number != 0) at = (at + 1) % kSlots;
      slots_[at] = key;
      slots_[at].size = static_cast<uint8_t>(size);
    }
  }

  // The table of the names of `rows`, each numbered by its index + 1.
  template <typename Row, size_t kCount>
  static WordTable OfRows(const Row (&rows)[kCount]) {
    Word words[kCount];
    for (size_t i = 0; i < kCount; ++i) {
      words[i] = {rows[i].name, static_cast<uint8_t>(i + 1)};
    }
    return WordTable(words);
  }

  // 0: none of them. Reads 16 bytes, whatever `size` (at most 16) is.
  uint8_t Find(const char* text, int size) const {
    const Slot key = KeyOf(text, size, 0);
    for (size_t at = Place(key, size); slots_[at].number != 0;
         at = (at + 1) % kSlots) {
      if (slots_[at].low == key.low && slots_[at].high == key.high &&
          slots_[at].size == size) {
        return slots_[at].number;
      }
    }
    return 0;
  }

 private:
  static constexpr size_t kSlots = 128;
  struct Slot {
    uint64_t low = 0;
    uint64_t high = 0;
    uint8_t size = 0;
    uint8_t number = 0;
  };

  static uint64_t FirstBytes(uint64_t word, int count) {
    return count >= 8 ? word : word & ((uint64_t{1} << 8 * count) - 1);
  }
  static Slot KeyOf(const char* text, int size, uint8_t number) {
    Slot key;
    key.low = FirstBytes(LoadWord(text), size);
    if (size > 8) key.high = FirstBytes(LoadWord(text + 8), size - 8);
    key.number = number;
    return key;
  }
  static size_t Place(const Slot& key, int size) {
    return ((key.low ^ key.high * 31) * 0x9e3779b97f4a7c15 +
            static_cast<uint64_t>(size) * 0x123456789abcdef) >>
           57;
  }

  Slot slots_[kSlots];
};

// Reads the pieces of a regular line. Each function returns false, and leaves
// the cursor anywhere, when what is there is not regular.
template <typename Bytes>
class ScanCursor {
 public:
  ScanCursor(const char* p, RecordBatch* batch) : p_(p), batch_(batch) {}

  const char* at() const { return p_; }
  char peek() const { return *p_; }
  void Skip(size_t bytes) { p_ += bytes; }

  template <size_t kSize>
  bool Eat(const char (&text)[kSize]) {
    if (std::memcmp(p_, text, kSize - 1) != 0) return false;
    p_ += kSize - 1;
    return true;
  }
  bool Eat(char c) {
    if (*p_ != c) return false;
    ++p_;
    return true;
  }

  // A key with its quotes and colon. Longer ones than 16 bytes are not regular.
  bool Key(std::string_view* key) {
    if (*p_ != '"') return false;
    const int size = Bytes::QuoteAt(p_ + 1);
    if (size == 16 && p_[17] != '"') return false;
    *key = std::string_view(p_ + 1, static_cast<size_t>(size));
    p_ += size + 2;
    return Eat(':');
  }

  // "0x…", quotes included.
  bool Address(uint64_t* address) {
    if (p_[0] != '"' || p_[1] != '0' || p_[2] != 'x') return false;
    const int count = Bytes::Hex(p_ + 3, address);
    p_ += 3 + count;
    return count > 0 && Eat('"');
  }

  // An unsigned number of at most 16 digits, followed by what may follow it.
  bool Number(uint64_t* number, std::string_view* digits = nullptr) {
    const int count = Bytes::CountDigits(p_);
    if (count == 0 || (*p_ == '0' && count > 1)) return false;
    const char after = p_[count];
    if (after != ',' && after != '}' && after != ']') return false;
    *number = DigitsToNumber(p_, count);
    if (digits != nullptr) *digits = {p_, static_cast<size_t>(count)};
    p_ += count;
    return true;
  }

  // A string, quotes included, decoded; valid UTF-8.
  bool Text(std::string_view* text) {
    if (!Eat('"')) return false;
    const char* const begin = p_;
    bool ascii = true;
    while (true) {
      p_ = Bytes::FindSpecial(p_);
      const auto c = static_cast<unsigned char>(*p_);
      if (c == '"') break;
      if (c < 0x20) return false;
      if (c == '\\') return TextWithEscapes(begin, text);
      ascii = false;
      do {
        ++p_;
      } while (static_cast<unsigned char>(*p_) >= 0x80);
    }
    *text = {begin, static_cast<size_t>(p_ - begin)};
    ++p_;
    return ascii || ValidUtf8Prefix(*text) == text->size();
  }

 private:
  bool TextWithEscapes(const char* begin, std::string_view* text) {
    char* const out = batch_->text_end();
    char* o = out;
    while (true) {
      std::memcpy(o, begin, static_cast<size_t>(p_ - begin));
      o += p_ - begin;
      if (*p_ == '"') break;
      if (*p_ != '\\' || !Escape(&o)) return false;
      begin = p_;
      p_ = Bytes::FindSpecial(p_);
      while (static_cast<unsigned char>(*p_) >= 0x80) {
        p_ = Bytes::FindSpecial(p_ + 1);
      }
    }
    ++p_;
    *text = {out, static_cast<size_t>(o - out)};
    batch_->AddText(text->size());
    return ValidUtf8Prefix(*text) == text->size();
  }

  bool Escape(char** o) {
    char c = p_[1];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        break;
      case 'b':
        c = '\b';
        break;
      case 'f':
        c = '\f';
        break;
      case 'n':
        c = '\n';
        break;
      case 'r':
        c = '\r';
        break;
      case 't':
        c = '\t';
        break;
      case 'u': {  // ASCII only
        uint64_t code = 0;
        if (p_[2] != '0' || p_[3] != '0' || Bytes::Hex(p_ + 2, &code) < 4) {
          return false;
        }
        // More digits may follow, as text.
        code = HexValue(p_[4]) << 4 | HexValue(p_[5]);
        if (code >= 0x80) return false;
        *(*o)++ = static_cast<char>(code);
        p_ += 6;
        return true;
      }
      default:
        return false;
    }
    *(*o)++ = c;
    p_ += 2;
    return true;
  }
  static uint64_t HexValue(char c) {
    return static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }

  const char* p_;
  RecordBatch* const batch_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_JSON_SCAN_CURSOR_H_
