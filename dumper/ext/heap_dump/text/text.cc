#include "text/text.h"

#include <algorithm>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "util/decimal.h"

namespace heap_dump {
namespace {

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Bytes of the character at `data`, or 0 if there is none. Follows RFC 3629:
// no overlong forms, no surrogates, nothing beyond U+10FFFF.
size_t CharacterAt(const unsigned char* data, size_t size) {
  const unsigned char lead = data[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(data[i])) return 0;
  }
  if (lead == 0xe0 && data[1] < 0xa0) return 0;
  if (lead == 0xed && data[1] > 0x9f) return 0;
  if (lead == 0xf0 && data[1] < 0x90) return 0;
  if (lead == 0xf4 && data[1] > 0x8f) return 0;
  return length;
}

void AppendHexByte(unsigned char byte, ArenaVector<char>* to) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const char text[] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  Append(text, sizeof(text), to);
}

bool IsWordStart(unsigned char c) {
  return c == '_' || c >= 0x80 || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool IsWord(unsigned char c) {
  return IsWordStart(c) || (c >= '0' && c <= '9');
}

}  // namespace

bool IsOperatorName(TextView name) {
  constexpr const char* kOperators[] = {
      "+", "-",   "*", "/",  "%",  "**",  "==", "!=", "<", "<=",
      ">", ">=",  "!", "!~", "=~", "===", "[]", "&",  "|", "^",
      "~", "[]=", "`", "<<", ">>", "<=>", "+@", "-@"};
  for (const char* each : kOperators) {
    if (strlen(each) == name.size && memcmp(each, name.data, name.size) == 0) {
      return true;
    }
  }
  return false;
}

namespace {

// Whether Ruby writes the symbol without quotes.
bool IsPlainSymbol(TextView name) {
  size_t i = 0;
  if (name.size > 1 && name.data[0] == '$') i = 1;
  if (name.size > 1 && name.data[0] == '@') {
    i = name.size > 2 && name.data[1] == '@' ? 2 : 1;
  }
  if (i >= name.size || !IsWordStart(name.data[i])) return IsOperatorName(name);
  size_t end = name.size;
  const char last = name.data[end - 1];
  if (i == 0 && (last == '?' || last == '!' || last == '=')) --end;
  for (; i < end; ++i) {
    if (!IsWord(name.data[i])) return false;
  }
  return true;
}

uint64_t Rotate(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

struct SipState {
  uint64_t v0, v1, v2, v3;
  void Round() {
    v0 += v1;
    v1 = Rotate(v1, 13) ^ v0;
    v0 = Rotate(v0, 32);
    v2 += v3;
    v3 = Rotate(v3, 16) ^ v2;
    v0 += v3;
    v3 = Rotate(v3, 21) ^ v0;
    v2 += v1;
    v1 = Rotate(v1, 17) ^ v2;
    v2 = Rotate(v2, 32);
  }
  void Take(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

bool IsAscii(const char* data, size_t size) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  constexpr size_t kWord = sizeof(uint64_t);
  if (size < kWord) {
    unsigned char all = 0;
    for (size_t i = 0; i < size; ++i) all |= data[i];
    return all < 0x80;
  }
  for (size_t i = 0;; i += kWord) {
    // The last word ends with the text, over what was seen before.
    if (i + kWord > size) i = size - kWord;
    uint64_t word;
    memcpy(&word, data + i, kWord);
    if (word & kHighBits) return false;
    if (i + kWord == size) return true;
  }
}

// A finite number's shortest digits that read back as the same number, and
// the power of ten of the first one.
struct Decimal {
  static constexpr int kMost = 17;
  char digits[kMost];
  int size = 0;
  int exponent = 0;
};

Decimal DecimalOf(double number) {
  char text[40];
  const char* end;
#ifdef __cpp_lib_to_chars
  char* const written = std::to_chars(text, text + sizeof(text) - 1, number,
                                      std::chars_format::scientific)
                            .ptr;
  *written = 0;
  end = written;
#else
  // Fifteen digits are never too many, but for numbers that have fewer.
  for (int most = fabs(number) < DBL_MIN ? 1 : 15; most <= Decimal::kMost;
       ++most) {
    end = text + snprintf(text, sizeof(text), "%.*e", most - 1, number);
    if (strtod(text, nullptr) == number) break;
  }
#endif
  Decimal decimal;
  const char* at = text;
  for (; at < end && *at != 'e'; ++at) {
    if (*at >= '0' && *at <= '9') decimal.digits[decimal.size++] = *at;
  }
  while (decimal.size > 1 && decimal.digits[decimal.size - 1] == '0') {
    --decimal.size;
  }
  decimal.exponent = atoi(at + 1);
  return decimal;
}

void AppendZeros(int count, ArenaVector<char>* to) {
  for (int i = 0; i < count; ++i) to->Push('0');
}

}  // namespace

size_t ValidUtf8Prefix(const char* data, size_t size) {
  if (IsAscii(data, size)) return size;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  size_t i = 0;
  while (i < size) {
    // Eight characters of ASCII at a time: most text is nothing else.
    uint64_t word;
    while (size - i >= sizeof(word)) {
      memcpy(&word, bytes + i, sizeof(word));
      if (word & 0x8080808080808080u) break;
      i += sizeof(word);
    }
    if (i == size) break;
    const size_t length = CharacterAt(bytes + i, size - i);
    if (length == 0) return i;
    i += length;
  }
  return size;
}

size_t CutBetweenCharacters(const char* data, size_t size, size_t limit) {
  if (limit >= size) return size;
  while (limit > 0 && IsContinuation(data[limit])) --limit;
  return limit;
}

void AppendEscaped(const char* data, size_t size, ArenaVector<char>* to) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size;) {
    const size_t length = CharacterAt(bytes + i, size - i);
    if (length == 0) {
      AppendHexByte(bytes[i++], to);
      continue;
    }
    if (bytes[i] == '\\') to->Push('\\');
    Append(data + i, length, to);
    i += length;
  }
}

void AppendName(const char* data, size_t size, ArenaVector<char>* to) {
  // Whether it is text is asked of what is shown alone.
  const size_t shown = CutBetweenCharacters(data, size, kLongestName);
  if (ValidUtf8Prefix(data, shown) == shown) {
    Append(data, shown, to);
  } else {
    AppendEscaped(data, shown, to);
  }
  if (shown == size) return;
  Append("\u2026(", to);
  AppendInteger(static_cast<int64_t>(size), to);
  Append(" bytes)", to);
}

TextView ReadableName(const char* data, size_t size,
                      ArenaVector<char>* scratch) {
  if (size <= kLongestName && ValidUtf8Prefix(data, size) == size) {
    return {data, size};
  }
  scratch->Clear();
  AppendName(data, size, scratch);
  return {scratch->begin(), scratch->size()};
}

TextView WithoutUnderscores(TextView name) {
  if (name.size > 4 && memcmp(name.data, "__", 2) == 0 &&
      memcmp(name.data + name.size - 2, "__", 2) == 0) {
    return {name.data + 2, name.size - 4};
  }
  return name;
}

void Append(const char* data, size_t size, ArenaVector<char>* to) {
  to->Append(data, size);
}

void Append(const char* text, ArenaVector<char>* to) {
  Append(text, strlen(text), to);
}

void AppendSymbol(TextView name, ArenaVector<char>* to) {
  to->Push(':');
  if (name.size > kLongestName ||
      (IsPlainSymbol(name) &&
       ValidUtf8Prefix(name.data, name.size) == name.size)) {
    return AppendName(name.data, name.size, to);
  }
  to->Push('"');
  const size_t start = to->size();
  AppendEscaped(name.data, name.size, to);
  // Quotes inside; there are few, so each may move the rest.
  for (size_t i = start; i < to->size(); ++i) {
    if ((*to)[i] != '"') continue;
    to->Push(0);
    memmove(to->begin() + i + 1, to->begin() + i, to->size() - i - 1);
    (*to)[i++] = '\\';
  }
  to->Push('"');
}

void AppendInteger(int64_t number, ArenaVector<char>* to) {
  char digits[kMostDigits];
  char* const end = digits + sizeof(digits);
  const auto bits = static_cast<uint64_t>(number);
  char* const first = WriteDigits(number < 0 ? 0 - bits : bits, end);
  if (number < 0) to->Push('-');
  Append(first, end - first, to);
}

void AppendFloat(double number, ArenaVector<char>* to) {
  if (std::isnan(number)) return Append("NaN", to);
  if (std::isinf(number)) {
    return Append(number < 0 ? "-Infinity" : "Infinity", to);
  }
  if (std::signbit(number)) to->Push('-');
  const Decimal decimal = DecimalOf(std::fabs(number));
  // As Float#inspect has it: an exponent where there would be zeros beyond
  // the precision, or many after the point.
  constexpr int kLeast = -4;
  const bool plain =
      decimal.exponent >= kLeast &&
      (decimal.exponent < DBL_DIG || decimal.exponent + 1 < decimal.size);
  const int before_point = plain ? decimal.exponent + 1 : 1;
  if (before_point <= 0) {
    Append("0.", to);
    AppendZeros(-before_point, to);
    Append(decimal.digits, decimal.size, to);
    return;
  }
  const int shown = std::min(before_point, decimal.size);
  Append(decimal.digits, shown, to);
  AppendZeros(before_point - shown, to);
  to->Push('.');
  if (shown < decimal.size) {
    Append(decimal.digits + shown, decimal.size - shown, to);
  } else {
    to->Push('0');
  }
  if (plain) return;
  char exponent[16];
  Append(exponent,
         snprintf(exponent, sizeof(exponent), "e%+03d", decimal.exponent), to);
}

void AppendMagnitude(ArenaVector<uint32_t>* words, ArenaVector<char>* to) {
  constexpr size_t kMostWordsInDecimal = 256;
  constexpr uint32_t kTenToTheNinth = 1000000000;
  ArenaVector<uint32_t>& number = *words;
  size_t left = number.size();
  while (left > 0 && number[left - 1] == 0) --left;
  if (left > kMostWordsInDecimal) {
    Append("0x", to);
    for (size_t i = left; i-- > 0;) {
      char text[12];
      const char* format = i + 1 == left ? "%x" : "%08x";
      Append(text, snprintf(text, sizeof(text), format, number[i]), to);
    }
    return;
  }
  // Nine digits at a time from the right.
  ArenaVector<uint32_t> groups(to->arena());
  while (left > 0) {
    uint64_t rest = 0;
    for (size_t i = left; i-- > 0;) {
      const uint64_t part = (rest << 32) | number[i];
      number[i] = static_cast<uint32_t>(part / kTenToTheNinth);
      rest = part % kTenToTheNinth;
    }
    groups.Push(static_cast<uint32_t>(rest));
    while (left > 0 && number[left - 1] == 0) --left;
  }
  if (groups.empty()) groups.Push(0);
  for (size_t i = groups.size(); i-- > 0;) {
    char text[12];
    const char* format = i + 1 == groups.size() ? "%u" : "%09u";
    Append(text, snprintf(text, sizeof(text), format, groups[i]), to);
  }
}

uint64_t KeyedHash(const uint64_t key[2], const char* data, size_t size) {
  SipState s = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    memcpy(&word, data + i, 8);
    s.Take(word);
  }
  uint64_t last = static_cast<uint64_t>(size) << 56;
  for (size_t j = 0; i + j < size; ++j) {
    last |= static_cast<uint64_t>(static_cast<unsigned char>(data[i + j]))
            << (8 * j);
  }
  s.Take(last);
  s.v2 ^= 0xff;
  for (int round = 0; round < 4; ++round) s.Round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace heap_dump
