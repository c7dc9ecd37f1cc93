#ifndef HEAPQ_INDEXER_BASE_SIMD_H_
#define HEAPQ_INDEXER_BASE_SIMD_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Tests of sixteen bytes at a time for the scanners of regular lines: on x86-64
// with SSE2, which each such machine has, elsewhere with plain 64-bit words.
// All of them read up to kReadAhead bytes from `p` on.
namespace heapq {

inline constexpr size_t kReadAhead = 128;

inline uint64_t LoadWord(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// Eight digits, the first one in the lowest byte, each already without its
// '0'. (Lemire and Muła, "Parsing series of integers with SIMD", 2018.)
inline uint64_t EightDigits(uint64_t word) {
  word = word * 10 + (word >> 8);
  return ((word & 0x000000ff000000ff) * (100 + (uint64_t{1000000} << 32)) +
          (word >> 16 & 0x000000ff000000ff) * (1 + (uint64_t{10000} << 32))) >>
         32;
}

// The first `count` (1…16) bytes at `p` are decimal digits.
inline uint64_t DigitsToNumber(const char* p, int count) {
  constexpr uint64_t kZeros = 0x3030303030303030;
  static constexpr uint64_t kPower[] = {
      1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  if (count <= 8) {
    return EightDigits((LoadWord(p) - kZeros) << (8 * (8 - count)));
  }
  const uint64_t high = EightDigits(LoadWord(p) - kZeros);
  const uint64_t low =
      EightDigits((LoadWord(p + 8) - kZeros) << (8 * (16 - count)));
  return high * kPower[count - 8] + low;
}

// For any machine whose words are little-endian.
struct PortableBytes {
  static bool IsSpecial(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  // The first quote, backslash, control byte or byte that is not ASCII.
  static const char* FindSpecial(const char* p) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    constexpr uint64_t kHighs = 0x8080808080808080;
    while (true) {
      const uint64_t word = LoadWord(p);
      const uint64_t quote = word ^ kOnes * '"';
      const uint64_t backslash = word ^ kOnes * '\\';
      // Below 0x20; the borrow of a byte may mark the next one too, which the
      // loop below sorts out.
      const uint64_t found = (word | (quote - kOnes) | (backslash - kOnes) |
                              (word - kOnes * 0x20)) &
                             kHighs;
      if (found != 0) {
        for (int i = 0; i < 8; ++i) {
          if (IsSpecial(p[i])) return p + i;
        }
      }
      p += 8;
    }
  }
  // How many bytes precede the first quote; 16: there is none among the first
  // sixteen.
  static int QuoteAt(const char* p) {
    for (int i = 0; i < 16; ++i) {
      if (p[i] == '"') return i;
    }
    return 16;
  }
  // Number of hexadecimal digits at `p`, at most 16, and their value.
  static int Hex(const char* p, uint64_t* value) {
    uint64_t number = 0;
    int count = 0;
    for (; count < 16; ++count) {
      const char c = p[count];
      const auto lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        number = number << 4 | static_cast<uint64_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        number = number << 4 | static_cast<uint64_t>(lower - 'a' + 10);
      } else {
        break;
      }
    }
    *value = number;
    return count;
  }
  // Number of decimal digits at `p`, at most 16.
  static int CountDigits(const char* p) {
    int count = 0;
    while (count < 16 && p[count] >= '0' && p[count] <= '9') ++count;
    return count;
  }
};

#if defined(__SSE2__)
struct Sse2Bytes {
  static __m128i Load(const char* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static int FirstUnset(__m128i bytes) {
    return __builtin_ctz(~static_cast<uint32_t>(_mm_movemask_epi8(bytes)));
  }
  static __m128i Between(__m128i bytes, char low, char high) {
    return _mm_and_si128(
        _mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(low - 1))),
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(high + 1))));
  }
  static const char* FindSpecial(const char* p) {
    for (;; p += 16) {
      const __m128i bytes = Load(p);
      const __m128i found = _mm_or_si128(
          _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
          _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));  // signed: 0x80… too
      const int mask = _mm_movemask_epi8(found);
      if (mask != 0) return p + __builtin_ctz(static_cast<uint32_t>(mask));
    }
  }
  static int QuoteAt(const char* p) {
    const int mask =
        _mm_movemask_epi8(_mm_cmpeq_epi8(Load(p), _mm_set1_epi8('"')));
    return __builtin_ctz(static_cast<uint32_t>(mask) | 1 << 16);
  }
  static int Hex(const char* p, uint64_t* value) {
    const __m128i bytes = Load(p);
    const __m128i letter =
        Between(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'f');
    const __m128i digit = Between(bytes, '0', '9');
    const int count = FirstUnset(_mm_or_si128(digit, letter));
    const __m128i nibbles =
        _mm_add_epi8(_mm_and_si128(bytes, _mm_set1_epi8(0x0f)),
                     _mm_and_si128(letter, _mm_set1_epi8(9)));
    // Two digits to a byte, the first one in its upper half.
    const __m128i pairs = _mm_or_si128(
        _mm_and_si128(_mm_slli_epi16(nibbles, 4), _mm_set1_epi16(0xf0)),
        _mm_srli_epi16(nibbles, 8));
    uint64_t number;
    _mm_storel_epi64(reinterpret_cast<__m128i*>(&number),
                     _mm_packus_epi16(pairs, pairs));
    if (count == 0) return 0;
    *value = __builtin_bswap64(number) >> (64 - 4 * count);
    return count;
  }
  static int CountDigits(const char* p) {
    return FirstUnset(Between(Load(p), '0', '9'));
  }
};
using FastBytes = Sse2Bytes;
#else
using FastBytes = PortableBytes;
#endif

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_SIMD_H_
