#include "cli/output/json_writer.h"

#include <yajl/yajl_gen.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "indexer/base/utf8.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// yajl escapes what JSON demands; of the rest, what a terminal should not get.
// Outside of strings there are only ASCII characters.
void AppendEscaped(char32_t c, std::string* out) {
  const auto code = static_cast<uint32_t>(c);
  if (code < 0x10000) {
    absl::StrAppendFormat(out, "\\u%04x", code);
    return;
  }
  absl::StrAppendFormat(out, "\\u%04x\\u%04x",
                        0xd800 + ((code - 0x10000) >> 10),
                        0xdc00 + ((code - 0x10000) & 0x3ff));
}

}  // namespace

JsonWriter::JsonWriter(std::ostream* out, Style style)
    : out_(*out), style_(style), gen_(yajl_gen_alloc(nullptr)) {
  yajl_gen_config(gen_, yajl_gen_beautify, style == kIndented ? 1 : 0);
  yajl_gen_config(gen_, yajl_gen_indent_string, "  ");
  yajl_gen_config(gen_, yajl_gen_print_callback, &JsonWriter::Print, this);
}

JsonWriter::~JsonWriter() { yajl_gen_free(gen_); }

void JsonWriter::Print(void* self, const char* bytes, size_t size) {
  std::ostream& out = static_cast<JsonWriter*>(self)->out_;
  const std::string_view text(bytes, size);
  std::string safe;
  size_t written = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    char32_t c = 0;
    NextCharacter(text, &i, &c);
    if (c < 0x7f || !IsUnsafe(c)) continue;
    safe.append(text.substr(written, begin - written));
    AppendEscaped(c, &safe);
    written = i;
  }
  if (written == 0) {
    out.write(bytes, static_cast<std::streamsize>(size));
    return;
  }
  safe.append(text.substr(written));
  out.write(safe.data(), static_cast<std::streamsize>(safe.size()));
}

JsonWriter& JsonWriter::BeginMap() {
  yajl_gen_map_open(gen_);
  return *this;
}
JsonWriter& JsonWriter::EndMap() {
  yajl_gen_map_close(gen_);
  return *this;
}
JsonWriter& JsonWriter::BeginArray() {
  yajl_gen_array_open(gen_);
  return *this;
}
JsonWriter& JsonWriter::EndArray() {
  yajl_gen_array_close(gen_);
  return *this;
}
JsonWriter& JsonWriter::Key(std::string_view key) { return Text(key); }

JsonWriter& JsonWriter::Text(std::string_view text) {
  const std::string valid = ToValidUtf8(text);
  yajl_gen_string(gen_, reinterpret_cast<const unsigned char*>(valid.data()),
                  valid.size());
  return *this;
}

JsonWriter& JsonWriter::TextOrNull(std::string_view text) {
  return text.empty() ? Null() : Text(text);
}

JsonWriter& JsonWriter::Number(uint64_t number) {
  const std::string digits = absl::StrCat(number);
  yajl_gen_number(gen_, digits.data(), digits.size());
  return *this;
}

JsonWriter& JsonWriter::Signed(int64_t number) {
  yajl_gen_integer(gen_, number);
  return *this;
}

JsonWriter& JsonWriter::Real(double number) {
  if (!std::isfinite(number)) return Null();
  const std::string digits = absl::StrFormat("%.17g", number);
  yajl_gen_number(gen_, digits.data(), digits.size());
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  yajl_gen_bool(gen_, value ? 1 : 0);
  return *this;
}

JsonWriter& JsonWriter::Null() {
  yajl_gen_null(gen_);
  return *this;
}

JsonWriter& JsonWriter::Optional(const std::optional<uint64_t>& number) {
  return number.has_value() ? Number(*number) : Null();
}

// yajl ends a beautified document with a newline itself.
void JsonWriter::Finish() {
  if (style_ == kCompact) out_ << '\n';
  yajl_gen_reset(gen_, nullptr);
}

}  // namespace heapq
