// Objects that are text: strings, symbols, regexps.
#include <ruby/encoding.h>
#include <ruby/re.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "objects/object_writers.h"

namespace heap_dump {
namespace {

// Pieces of a long text; each fits a record whatever becomes of it when it is
// escaped.
constexpr size_t kPiece = Record::kLongest / 8;

void WriteHash(const Context& context, TextView bytes) {
  char text[20];
  snprintf(text, sizeof(text), "%016llx",
           static_cast<unsigned long long>(
               KeyedHash(context.options->hash_key, bytes.data, bytes.size)));
  context.json()->Pair("hash", text);
}

void WriteVal(const Context& context, const char* data, size_t size,
              bool is_utf8) {
  JsonWriter* const json = context.json();
  json->Key("val");
  if (is_utf8) {
    json->Text(data, size);
    return;
  }
  ArenaVector<char>* const scratch = context.record->scratch();
  scratch->Clear();
  AppendEscaped(data, size, scratch);
  json->Text(scratch->begin(), scratch->size());
}

// Writes a text in pieces. Text that is not UTF-8 may be cut anywhere: a
// character that is cut shows as escaped bytes.
void WritePieces(const Context& context, TextView bytes, bool is_utf8) {
  for (size_t from = 0; from < bytes.size || from == 0;) {
    const char* const data = bytes.data + from;
    const size_t left = bytes.size - from;
    size_t size = std::min(left, kPiece);
    if (is_utf8) size = CutBetweenCharacters(data, left, size);
    if (from > 0) {
      context.record->ContinueFrom(from);
    }
    WriteVal(context, data, size, is_utf8);
    from += size;
    if (size == 0) return;
  }
}

}  // namespace

void WriteText(const Context& context, TextView bytes) {
  const WalkOptions& options = *context.options;
  JsonWriter* const json = context.json();
  size_t shown = bytes.size;
  const bool is_utf8 = ValidUtf8Prefix(bytes.data, bytes.size) == bytes.size;
  // A whole text needs no length.
  if (options.strings != StringMode::kFull || !is_utf8 || bytes.size > kPiece) {
    json->Pair("length", bytes.size);
  }
  if (options.strings == StringMode::kNone) return;
  if (options.strings != StringMode::kFull) WriteHash(context, bytes);
  if (options.strings == StringMode::kHash) return;

  if (options.strings == StringMode::kTruncate &&
      shown > options.truncate_bytes) {
    shown = is_utf8 ? CutBetweenCharacters(bytes.data, bytes.size,
                                           options.truncate_bytes)
                    : options.truncate_bytes;
    json->Flag("truncated");
  }
  if (!is_utf8) json->Flag("escaped");
  WritePieces(context, {bytes.data, shown}, is_utf8);
}

void WriteStringFields(const Context& context, VALUE string) {
  JsonWriter* const json = context.json();
  const VALUE flags = RBASIC(string)->flags;
  if (flags & RSTRING_FSTR) json->Flag("fstring");
  const int index = rb_enc_get_index(string);
  if (index != rb_utf8_encindex() && index != rb_usascii_encindex()) {
    rb_encoding* const encoding = rb_enc_from_index(index);
    if (encoding != nullptr) {
      // A program may have made it, with any name (Encoding#replicate).
      const char* const name = rb_enc_name(encoding);
      context.record->NameField("enc", {name, strlen(name)});
    }
  }
  context.record->One("shared_root", [&](VALUE target) {
    return BUILTIN_TYPE(target) == T_STRING;
  });
  WriteText(context, BytesOf(string));
}

void WriteSymbolFields(const Context& context, VALUE symbol) {
  const VALUE name = rb_sym2str(symbol);
  context.record->StrongPart("name_string", name);
  WriteText(context, BytesOf(name));
}

void WriteRegexpFields(const Context& context, VALUE regexp) {
  if (RREGEXP_PTR(regexp) == nullptr) return;  // not compiled yet
  const VALUE source = RREGEXP_SRC(regexp);
  context.record->StrongPart("source", source);
  WriteText(context, BytesOf(source));
}

}  // namespace heap_dump
