#include "record/json_writer.h"

#include <algorithm>

namespace heap_dump {

JsonWriter::JsonWriter(Output* output, Arena* arena)
    : output_(output),
      memory_(arena->YajlFunctions()),
      generator_(yajl_gen_alloc(&memory_)),
      buffer_(static_cast<char*>(arena->Allocate(kBufferSize))) {
  if (generator_ == nullptr) return;
  yajl_gen_config(generator_, yajl_gen_print_callback, Print, this);
}

JsonWriter::~JsonWriter() {
  if (generator_ != nullptr) yajl_gen_free(generator_);
}

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
  Used(Separated(0));
  yajl_gen_reset(generator_, nullptr);  // each text stands alone for it
  yajl_gen_string(generator_, reinterpret_cast<const unsigned char*>(text),
                  size);
  comma_ = true;
}

void JsonWriter::Print(void* self, const char* text, size_t size) {
  auto* const writer = static_cast<JsonWriter*>(self);
  while (size > 0) {
    const size_t piece = std::min(size, kBufferSize);
    char* const to = writer->Room(piece);
    memcpy(to, text, piece);
    writer->Used(to + piece);
    text += piece;
    size -= piece;
  }
}

void JsonWriter::Flush() {
  if (used_ == 0) return;
  output_->Write(buffer_, used_);
  written_ += used_;
  used_ = 0;
}

}  // namespace heap_dump
