#ifndef HEAP_DUMP_JSON_WRITER_H_
#define HEAP_DUMP_JSON_WRITER_H_

#include <yajl/yajl_gen.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arena.h"
#include "output.h"

namespace heap_dump {

// The records of a dump: "[" before the first, "," before each further one, a
// line each, "]" after the last. Text given to it is valid UTF-8. Errors are
// the output's: writing goes on to nowhere.
class JsonWriter {
 public:
  // Both live longer.
  JsonWriter(Output* output, Arena* arena);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // False if there was no memory for it.
  bool ok() const { return generator_ != nullptr && buffer_ != nullptr; }

  void BeginRecord();
  void EndRecord();
  // Ends the file and hands over what is buffered.
  void Finish();
  // Bytes of the current record so far.
  size_t record_size() const { return written_ + used_ - record_start_; }

  void OpenMap() { yajl_gen_map_open(generator_); }
  void CloseMap() { yajl_gen_map_close(generator_); }
  void OpenList() { yajl_gen_array_open(generator_); }
  void CloseList() { yajl_gen_array_close(generator_); }
  void Text(const char* text, size_t size) {
    yajl_gen_string(generator_, reinterpret_cast<const unsigned char*>(text),
                    size);
  }
  void Text(const char* text) { Text(text, strlen(text)); }
  void Number(uint64_t number);
  void Bool(bool value) { yajl_gen_bool(generator_, value); }
  void Null() { yajl_gen_null(generator_); }

  // A map's key is a text; these write key and value.
  void Pair(const char* key, const char* text) {
    Text(key);
    Text(text);
  }
  void Pair(const char* key, uint64_t number) {
    Text(key);
    Number(number);
  }
  void Flag(const char* key) {
    Text(key);
    Bool(true);
  }

 private:
  static void Print(void* self, const char* text, size_t size) {
    static_cast<JsonWriter*>(self)->Raw(text, size);
  }
  void Raw(const char* text, size_t size) {
    if (size > kBufferSize - used_) {
      RawSlowly(text, size);
      return;
    }
    char* const to = buffer_ + used_;
    used_ += size;
    // Quotes, commas and brackets are most of what yajl prints.
    if (size == 1) {
      *to = *text;
    } else {
      memcpy(to, text, size);
    }
  }
  void RawSlowly(const char* text, size_t size);
  void Flush();

  static constexpr size_t kBufferSize = 1 << 18;

  Output* const output_;
  yajl_alloc_funcs memory_;
  yajl_gen generator_ = nullptr;
  char* buffer_ = nullptr;
  size_t used_ = 0;
  size_t written_ = 0;
  size_t record_start_ = 0;
  bool first_ = true;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_JSON_WRITER_H_
