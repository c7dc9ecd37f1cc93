#include "cli/report/html_writer.h"

#include "absl/strings/str_cat.h"
#include "query/db/heap_db.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

constexpr size_t kMaxCharacters = 240;

}  // namespace

std::string EscapedHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

HtmlWriter& HtmlWriter::Raw(std::string_view html) {
  out_ << html;
  return *this;
}

HtmlWriter& HtmlWriter::Text(std::string_view text) {
  out_ << EscapedHtml(OneLine(text, kMaxCharacters));
  return *this;
}

HtmlWriter& HtmlWriter::Attribute(std::string_view name,
                                  std::string_view value) {
  out_ << ' ' << name << "=\"" << EscapedHtml(OneLine(value, kMaxCharacters))
       << '"';
  return *this;
}

HtmlWriter& HtmlWriter::Attribute(std::string_view name, uint64_t value) {
  out_ << ' ' << name << "=\"" << value << '"';
  return *this;
}

HtmlWriter& HtmlWriter::Address(uint64_t address) {
  return Address(AddressText(address));
}

HtmlWriter& HtmlWriter::Address(std::string_view address) {
  if (!linked_) return Raw("<code>").Text(address).Raw("</code>");
  return Raw("<a")
      .Attribute("href", ObjectUrl(address))
      .Raw("><code>")
      .Text(address)
      .Raw("</code></a>");
}

std::string ObjectUrl(std::string_view address) {
  return absl::StrCat("/object/",
                      absl::string_view(address.data(), address.size()));
}

}  // namespace heapq
