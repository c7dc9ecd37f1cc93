#ifndef HEAPQ_CLI_OUTPUT_JSON_WRITER_H_
#define HEAPQ_CLI_OUTPUT_JSON_WRITER_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

struct yajl_gen_t;

namespace heapq {

// Streams JSON documents, one after the other. Always valid UTF-8, whatever
// texts hold, and free of characters that could steer a terminal: they are
// \u-escaped. Calls must nest as JSON does; a document is whole after Finish,
// and another may follow.
class JsonWriter {
 public:
  enum Style { kIndented, kCompact };
  // `out` must outlive the writer.
  explicit JsonWriter(std::ostream* out, Style style = kIndented);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& BeginMap();
  JsonWriter& EndMap();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& Text(std::string_view text);
  JsonWriter& TextOrNull(std::string_view text);  // null: empty
  JsonWriter& Number(uint64_t number);
  JsonWriter& Signed(int64_t number);
  JsonWriter& Real(double number);  // null if it is not finite
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // A number, or null where there is none.
  JsonWriter& Optional(const std::optional<uint64_t>& number);
  void Finish();

 private:
  static void Print(void* self, const char* bytes, size_t size);

  std::ostream& out_;
  const Style style_;
  yajl_gen_t* gen_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_JSON_WRITER_H_
