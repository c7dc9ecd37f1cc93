#include "query/labels/ruby_inspect.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

constexpr std::string_view kEllipsis = "…";

// \n, \e, …; 0: none.
char ShortEscape(char32_t c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\t':
      return 't';
    case '\r':
      return 'r';
    case 0x1b:
      return 'e';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\v':
      return 'v';
    case '\f':
      return 'f';
    default:
      return 0;
  }
}

void AppendEscape(char32_t c, bool valid, std::string* out) {
  const char escape = valid ? ShortEscape(c) : '\0';
  if (escape != 0) {
    out->push_back('\\');
    out->push_back(escape);
  } else if (!valid || c < 0x80) {
    absl::StrAppendFormat(out, "\\x%02X", static_cast<uint32_t>(c));
  } else {
    absl::StrAppendFormat(out, "\\u{%x}", static_cast<uint32_t>(c));
  }
}

enum class Quotes { kNone, kKeepBackslash, kAll };

// False if `limit` characters were shown and some are left.
bool AppendSafe(std::string_view text, size_t limit, Quotes quotes,
                std::string* out) {
  size_t shown = 0;
  for (size_t i = 0; i < text.size();) {
    if (limit != 0 && shown == limit) return false;
    const size_t begin = i;
    char32_t c = 0;
    const bool valid = NextCharacter(text, &i, &c);
    if (!valid || IsUnsafe(c)) {
      AppendEscape(c, valid, out);
    } else if (quotes != Quotes::kNone && c == '"') {
      out->append("\\\"");
    } else if (quotes == Quotes::kAll && c == '\\') {
      out->append("\\\\");
    } else {
      out->append(text.substr(begin, i - begin));
    }
    ++shown;
  }
  return true;
}

bool IsWordStart(char32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c >= 0x80;
}

bool IsWord(char32_t c) { return IsWordStart(c) || (c >= '0' && c <= '9'); }

bool IsOperator(std::string_view name) {
  static constexpr std::string_view kOperators[] = {
      "+",  "-", "*",  "/",  "%",   "**",  "==", "!=", "===", "=~",
      "!~", "<", "<=", ">",  ">=",  "<=>", "<<", ">>", "!",   "~",
      "&",  "|", "^",  "[]", "[]=", "+@",  "-@", "`"};
  for (const std::string_view op : kOperators) {
    if (op == name) return true;
  }
  return false;
}

// Can be written as :name.
bool IsPlainSymbol(std::string_view name) {
  if (IsOperator(name)) return true;
  size_t i = 0;
  if (name.substr(0, 2) == "@@") {
    i = 2;
  } else if (!name.empty() && (name[0] == '@' || name[0] == '$')) {
    i = 1;
  }
  const bool sigil = i > 0;
  bool first = true;
  while (i < name.size()) {
    const size_t begin = i;
    char32_t c = 0;
    if (!NextCharacter(name, &i, &c) || IsUnsafe(c)) return false;
    if (first ? IsWordStart(c) : IsWord(c)) {
      first = false;
      continue;
    }
    // foo?, foo!, foo=
    return !first && !sigil && begin + 1 == name.size() &&
           (c == '?' || c == '!' || c == '=');
  }
  return !first;
}

}  // namespace

bool IsUnsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x061c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool NextCharacter(std::string_view text, size_t* at, char32_t* character) {
  const auto first = static_cast<unsigned char>(text[*at]);
  const size_t length = first < 0x80   ? 1
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                                       : 4;
  const std::string_view bytes = text.substr(*at, length);
  if (bytes.size() < length || ValidUtf8Prefix(bytes) != length) {
    *character = first;
    ++*at;
    return false;
  }
  char32_t c = length == 1 ? first : first & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    c = (c << 6) | (static_cast<unsigned char>(bytes[i]) & 0x3fu);
  }
  *character = c;
  *at += length;
  return true;
}

std::string RubyString(std::string_view text, size_t limit, bool escaped,
                       bool cut) {
  std::string out = "\"";
  const bool whole = AppendSafe(
      text, limit, escaped ? Quotes::kKeepBackslash : Quotes::kAll, &out);
  out.push_back('"');
  if (!whole || cut) out.append(kEllipsis);
  return out;
}

std::string RubySymbol(std::string_view name) {
  if (IsPlainSymbol(name)) {
    return absl::StrCat(":", absl::string_view(name.data(), name.size()));
  }
  return absl::StrCat(":", RubyString(name, 0, false, false));
}

std::string OneLine(std::string_view text, size_t limit) {
  std::string out;
  if (!AppendSafe(text, limit, Quotes::kNone, &out)) out.append(kEllipsis);
  return out;
}

}  // namespace heapq
