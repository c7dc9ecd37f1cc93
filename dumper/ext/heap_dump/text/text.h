#ifndef HEAP_DUMP_TEXT_TEXT_H_
#define HEAP_DUMP_TEXT_TEXT_H_

#include <cstddef>
#include <cstdint>

#include "util/arena.h"

namespace heap_dump {

struct TextView {
  const char* data = "";
  size_t size = 0;
};

// Bytes of the longest prefix that is valid UTF-8.
size_t ValidUtf8Prefix(const char* data, size_t size);

// The largest size up to `limit` that does not cut a character; `data` is
// valid UTF-8.
size_t CutBetweenCharacters(const char* data, size_t size, size_t limit);

// Appends `\xHH` for each byte that belongs to no UTF-8 character and `\\`
// for a backslash, other characters as they are: format.md's "escaped".
void AppendEscaped(const char* data, size_t size, ArenaVector<char>* to);

// Names are texts that programs write in their code: a longer one was made by
// code, and only its beginning is shown.
constexpr size_t kLongestName = 4096;

// A name as records show it: itself if it is UTF-8, else escaped; the end of a
// very long one is replaced by `…(N bytes)` with the whole's length.
void AppendName(const char* data, size_t size, ArenaVector<char>* to);

// The same without a copy where the name can stay as it is; else `scratch` is
// used.
TextView ReadableName(const char* data, size_t size,
                      ArenaVector<char>* scratch);

// "__refinements__" is "refinements" to people.
TextView WithoutUnderscores(TextView name);

// Whether it is the name of an operator's method: "+", "[]=".
bool IsOperatorName(TextView name);

// ":name", or ":\"odd name\"".
void AppendSymbol(TextView name, ArenaVector<char>* to);

// The shortest decimal form that reads back as the same number, as `inspect`
// writes it.
void AppendFloat(double number, ArenaVector<char>* to);
void AppendInteger(int64_t number, ArenaVector<char>* to);
// A natural number given by its 32-bit words, the lowest first: in decimal, and
// in hexadecimal beyond 256 words. Uses `words` up.
void AppendMagnitude(ArenaVector<uint32_t>* words, ArenaVector<char>* to);

void Append(const char* data, size_t size, ArenaVector<char>* to);
void Append(const char* text, ArenaVector<char>* to);

// SipHash-2-4: a keyed hash that does not give away what it is of (Aumasson,
// Bernstein 2012).
uint64_t KeyedHash(const uint64_t key[2], const char* data, size_t size);

}  // namespace heap_dump

#endif  // HEAP_DUMP_TEXT_TEXT_H_
