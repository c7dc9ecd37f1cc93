#include "indexer/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace heapq {
namespace {

// Bytes of the well-formed sequence at `p` (Unicode 15, table 3-7); 0: none.
size_t SequenceLength(const unsigned char* p, size_t left) {
  const unsigned char c = p[0];
  if (c < 0x80) return 1;
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (c >= 0xc2 && c <= 0xdf) {
    length = 2;
  } else if (c >= 0xe0 && c <= 0xef) {
    length = 3;
    if (c == 0xe0) low = 0xa0;
    if (c == 0xed) high = 0x9f;
  } else if (c >= 0xf0 && c <= 0xf4) {
    length = 4;
    if (c == 0xf0) low = 0x90;
    if (c == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (left < length || p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((p[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  size_t i = 0;
  while (i < text.size()) {
    while (i + 8 <= text.size()) {  // eight ASCII bytes at once
      uint64_t word = 0;
      std::memcpy(&word, p + i, 8);
      if ((word & 0x8080808080808080) != 0) break;
      i += 8;
    }
    if (i == text.size()) break;
    const size_t length = SequenceLength(p + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return i;
}

std::string ToValidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size() + 8);
  while (true) {
    const size_t good = ValidUtf8Prefix(text);
    valid.append(text.substr(0, good));
    if (good == text.size()) return valid;
    valid.append("\xef\xbf\xbd");
    text.remove_prefix(good + 1);
  }
}

}  // namespace heapq
