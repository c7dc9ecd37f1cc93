#include "json_writer.h"

#include <algorithm>

namespace heap_dump {
namespace {

// What stands for a byte that has to be escaped; its size.
size_t Escape(char c, char* to) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *to = c;
      return 2;
    case '\b':
      *to = 'b';
      return 2;
    case '\f':
      *to = 'f';
      return 2;
    case '\n':
      *to = 'n';
      return 2;
    case '\r':
      *to = 'r';
      return 2;
    case '\t':
      *to = 't';
      return 2;
    default:
      *to++ = 'u';
      *to++ = '0';
      *to++ = '0';
      *to++ = kDigits[c >> 4];
      *to = kDigits[c & 15];
      return 6;
  }
}

}  // namespace

void JsonWriter::Finish() {
  // The last record's line goes on with the bracket.
  if (used_ > 0 && buffer_[used_ - 1] == '\n') --used_;
  char* to = Room(2);
  *to++ = ']';
  *to++ = '\n';
  Used(to);
  Flush();
}

void JsonWriter::EscapedText(const char* text, size_t size) {
  constexpr size_t kMostOfOne = 6;
  char* to = Separated(1);
  *to++ = '"';
  Used(to);
  for (size_t from = 0; from < size;) {
    const size_t piece = std::min(size - from, kShortText);
    to = Room(piece * kMostOfOne);
    if (CopyPlain(text + from, piece, to)) {
      to += piece;
    } else {
      for (size_t i = from; i < from + piece; ++i) {
        if (IsPlain(text[i])) {
          *to++ = text[i];
        } else {
          to += Escape(text[i], to);
        }
      }
    }
    Used(to);
    from += piece;
  }
  to = Room(1);
  *to++ = '"';
  Used(to);
  comma_ = true;
}

void JsonWriter::Flush() {
  if (used_ == 0) return;
  output_->Write(buffer_, used_);
  written_ += used_;
  used_ = 0;
}

}  // namespace heap_dump
