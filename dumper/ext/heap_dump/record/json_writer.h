#ifndef HEAP_DUMP_RECORD_JSON_WRITER_H_
#define HEAP_DUMP_RECORD_JSON_WRITER_H_

#include <yajl/yajl_gen.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "util/arena.h"
#include "util/decimal.h"
#include "util/output.h"

namespace heap_dump {

// The records of a dump: "[" before the first, "," before each further one, a
// line each, "]" after the last. Text given to it is valid UTF-8. Errors are
// the output's: writing goes on to nowhere.
//
// Brackets, commas, numbers and plain texts are written here, as a general
// generator's checks and callbacks for each token were a third of a dump's
// time; a token only has to know what stands before it. A text with anything to
// escape goes to yajl.
class JsonWriter {
 public:
  // Both live longer.
  JsonWriter(Output* output, Arena* arena);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // False if there was no memory for it.
  bool ok() const { return generator_ != nullptr && buffer_ != nullptr; }

  void BeginRecord() {
    record_start_ = written_ + used_;
    char* to = Room(2);
    *to++ = first_ ? '[' : ',';
    *to++ = '{';
    Used(to);
    first_ = false;
    comma_ = false;
  }
  void EndRecord() {
    char* to = Room(2);
    *to++ = '}';
    *to++ = '\n';
    Used(to);
  }
  // Ends the file and hands over what is buffered.
  void Finish();
  // Bytes of the current record so far.
  size_t record_size() const { return written_ + used_ - record_start_; }

  void OpenMap() { Open('{'); }
  void CloseMap() { Close('}'); }
  void OpenList() { Open('['); }
  void CloseList() { Close(']'); }

  // A map's key that is a literal here, without anything to escape; its value
  // follows.
  void Key(const char* name) {
    const size_t size = strlen(name);
    char* to = Separated(size + 3);
    *to++ = '"';
    memcpy(to, name, size);
    to += size;
    *to++ = '"';
    *to++ = ':';
    Used(to);
    comma_ = false;
  }
  // A map's key that is any text.
  void Key(const char* name, size_t size) {
    Text(name, size);
    char* to = Room(1);
    *to++ = ':';
    Used(to);
    comma_ = false;
  }

  void Text(const char* text, size_t size) {
    if (size > kShortText) return EscapedText(text, size);
    char* to = Separated(size + 2);
    *to++ = '"';
    if (!CopyPlain(text, size, to)) return EscapedText(text, size);
    to += size;
    *to++ = '"';
    Used(to);
    comma_ = true;
  }
  void Text(const char* text) { Text(text, strlen(text)); }
  void Number(uint64_t number) {
    // As many bytes are copied as there may be digits: copying a known number
    // of bytes is quicker than asking how many there are.
    char digits[2 * kMostDigits];
    char* const end = digits + kMostDigits;
    const char* const first = WriteDigits(number, end);
    char* to = Separated(kMostDigits);
    memcpy(to, first, kMostDigits);
    Used(to + (end - first));
    comma_ = true;
  }
  // Writes a number that is not a reference, in quotes.
  void NumberAsText(int64_t number) {
    char text[2 * kMostDigits];
    char* const end = text + kMostDigits;
    const auto bits = static_cast<uint64_t>(number);
    const char* const first = WriteDigits(number < 0 ? 0 - bits : bits, end);
    char* to = Separated(kMostDigits + 3);
    *to++ = '"';
    if (number < 0) *to++ = '-';
    memcpy(to, first, kMostDigits);
    to += end - first;
    *to++ = '"';
    Used(to);
    comma_ = true;
  }
  void Bool(bool value) { value ? Word("true") : Word("false"); }
  void Null() { Word("null"); }

  // These write key and value.
  void Pair(const char* key, const char* text) {
    Key(key);
    Text(text);
  }
  void Pair(const char* key, uint64_t number) {
    Key(key);
    Number(number);
  }
  void Flag(const char* key) {
    Key(key);
    Bool(true);
  }

 private:
  static constexpr size_t kBufferSize = 1 << 18;
  // Longer texts are yajl's as well: there is room for these in the buffer.
  static constexpr size_t kShortText = 1 << 12;

  // Whether this byte stands in a JSON text as it is.
  static bool IsPlain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  }
  // Whether all eight bytes do. Bit tricks by Sean Anderson: a byte's highest
  // bit is set if the byte is less than 0x20, or if it is zero once it was
  // compared by xor; higher bytes may then be wrong, which does not matter.
  static bool ArePlain(uint64_t word) {
    constexpr uint64_t kOnes = 0x0101010101010101u;
    const uint64_t quote = word ^ (kOnes * '"');
    const uint64_t backslash = word ^ (kOnes * '\\');
    return ((((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
             ((backslash - kOnes) & ~backslash)) &
            (kOnes * 0x80)) == 0;
  }
  // Copies the text while it looks at it; false if something in it has to be
  // escaped.
  static bool CopyPlain(const char* text, size_t size, char* to) {
    constexpr size_t kWord = sizeof(uint64_t);
    if (size < kWord) {
      bool plain = true;
      for (size_t i = 0; i < size; ++i) {
        plain = plain && IsPlain(text[i]);
        to[i] = text[i];
      }
      return plain;
    }
    for (size_t i = 0;; i += kWord) {
      // The last word ends with the text, over what was copied before.
      if (i + kWord > size) i = size - kWord;
      uint64_t word;
      memcpy(&word, text + i, kWord);
      memcpy(to + i, &word, kWord);
      if (!ArePlain(word)) return false;
      if (i + kWord == size) return true;
    }
  }

  // Where `size` bytes may be written; Used() says where they ended.
  char* Room(size_t size) {
    if (size > kBufferSize - used_) Flush();
    return buffer_ + used_;
  }
  void Used(const char* end) { used_ = end - buffer_; }
  // The same after the comma, if there has to be one.
  char* Separated(size_t size) {
    char* const to = Room(size + 1);
    *to = ',';
    return to + (comma_ ? 1 : 0);
  }

  void Open(char bracket) {
    char* to = Separated(1);
    *to++ = bracket;
    Used(to);
    comma_ = false;
  }
  void Close(char bracket) {
    char* to = Room(1);
    *to++ = bracket;
    Used(to);
    comma_ = true;
  }
  template <size_t kSize>
  void Word(const char (&word)[kSize]) {
    char* to = Separated(kSize - 1);
    memcpy(to, word, kSize - 1);
    Used(to + kSize - 1);
    comma_ = true;
  }
  // One of any size and bytes.
  void EscapedText(const char* text, size_t size);
  static void Print(void* self, const char* text, size_t size);
  void Flush();

  Output* const output_;
  yajl_alloc_funcs memory_;
  yajl_gen const generator_;
  char* const buffer_;
  size_t used_ = 0;
  size_t written_ = 0;
  size_t record_start_ = 0;
  bool first_ = true;
  // Whether a comma stands before the next key or value.
  bool comma_ = false;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_RECORD_JSON_WRITER_H_
