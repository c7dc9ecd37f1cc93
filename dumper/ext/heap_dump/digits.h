#ifndef HEAP_DUMP_DIGITS_H_
#define HEAP_DUMP_DIGITS_H_

#include <cstdint>
#include <cstring>

namespace heap_dump {

constexpr int kMostDigits = 20;

// Writes a number in decimal so that it ends before `end`; returns where it
// begins. Two digits at a time: addresses are most of a dump.
inline char* WriteDigits(uint64_t number, char* end) {
  constexpr char kPairs[] =
      "00010203040506070809101112131415161718192021222324"
      "25262728293031323334353637383940414243444546474849"
      "50515253545556575859606162636465666768697071727374"
      "75767778798081828384858687888990919293949596979899";
  while (number >= 100) {
    end -= 2;
    memcpy(end, kPairs + number % 100 * 2, 2);
    number /= 100;
  }
  if (number < 10) {
    *--end = static_cast<char>('0' + number);
    return end;
  }
  end -= 2;
  memcpy(end, kPairs + number * 2, 2);
  return end;
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_DIGITS_H_
