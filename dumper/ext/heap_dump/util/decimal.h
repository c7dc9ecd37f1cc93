#ifndef HEAP_DUMP_UTIL_DECIMAL_H_
#define HEAP_DUMP_UTIL_DECIMAL_H_

#include <cstdint>
#include <cstring>

namespace heap_dump {

constexpr int kMostDigits = 20;

constexpr char kPairsOfDigits[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

// The last eight digits of a number, zeros included, so that they end before
// `end`. Halves of halves do not wait for each other.
inline void WriteEightDigits(uint32_t number, char* end) {
  const uint32_t high = number / 10000;
  const uint32_t low = number % 10000;
  memcpy(end - 8, kPairsOfDigits + high / 100 * 2, 2);
  memcpy(end - 6, kPairsOfDigits + high % 100 * 2, 2);
  memcpy(end - 4, kPairsOfDigits + low / 100 * 2, 2);
  memcpy(end - 2, kPairsOfDigits + low % 100 * 2, 2);
}

// Writes a number in decimal so that it ends before `end`; returns where it
// begins. Many digits at a time: addresses are most of a dump.
inline char* WriteDigits(uint64_t number, char* end) {
  constexpr uint64_t kEight = 100000000;
  while (number >= kEight) {
    WriteEightDigits(static_cast<uint32_t>(number % kEight), end);
    number /= kEight;
    end -= 8;
  }
  auto rest = static_cast<uint32_t>(number);
  while (rest >= 100) {
    end -= 2;
    memcpy(end, kPairsOfDigits + rest % 100 * 2, 2);
    rest /= 100;
  }
  if (rest < 10) {
    *--end = static_cast<char>('0' + rest);
    return end;
  }
  end -= 2;
  memcpy(end, kPairsOfDigits + rest * 2, 2);
  return end;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_UTIL_DECIMAL_H_
