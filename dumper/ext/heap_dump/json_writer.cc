#include "json_writer.h"

#include "digits.h"

namespace heap_dump {

JsonWriter::JsonWriter(Output* output, Arena* arena)
    : output_(output), memory_(arena->YajlFunctions()) {
  buffer_ = static_cast<char*>(arena->Allocate(kBufferSize));
  generator_ = yajl_gen_alloc(&memory_);
  if (generator_ == nullptr) return;
  yajl_gen_config(generator_, yajl_gen_print_callback, Print, this);
}

JsonWriter::~JsonWriter() {
  if (generator_ != nullptr) yajl_gen_free(generator_);
}

void JsonWriter::BeginRecord() {
  record_start_ = written_ + used_;
  if (first_) {
    Raw("[", 1);
    first_ = false;
  } else {
    Raw(",", 1);
  }
  OpenMap();
}

void JsonWriter::EndRecord() {
  CloseMap();
  yajl_gen_reset(generator_, "\n");
}

void JsonWriter::Finish() {
  // The last record's line goes on with the bracket.
  if (used_ > 0 && buffer_[used_ - 1] == '\n') --used_;
  Raw("]\n", 2);
  Flush();
}

void JsonWriter::Number(uint64_t number) {
  // Not yajl_gen_integer: it prints through printf, which would be the
  // larger part of the whole dump's time.
  char digits[kMostDigits];
  char* const first = WriteDigits(number, digits + sizeof(digits));
  yajl_gen_number(generator_, first, digits + sizeof(digits) - first);
}

void JsonWriter::RawSlowly(const char* text, size_t size) {
  Flush();
  if (size <= kBufferSize) {
    Raw(text, size);
    return;
  }
  output_->Write(text, size);
  written_ += size;
}

void JsonWriter::Flush() {
  if (used_ == 0) return;
  output_->Write(buffer_, used_);
  written_ += used_;
  used_ = 0;
}

}  // namespace heap_dump
