#ifndef HEAPQ_CLI_REPORT_HTML_WRITER_H_
#define HEAPQ_CLI_REPORT_HTML_WRITER_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/output/row_writer.h"

namespace heapq {

// `text` for HTML, between tags or in a quoted attribute.
std::string EscapedHtml(std::string_view text);

// Writes HTML. What comes out of a heap goes through Text and Attribute only;
// Raw is for what stands in our source.
class HtmlWriter {
 public:
  // `out` must outlive the writer. `linked`: objects have pages of their own.
  HtmlWriter(std::ostream* out, bool linked) : out_(*out), linked_(linked) {}

  HtmlWriter& Raw(std::string_view html);
  // One line: what is longer than some hundred characters is cut, what could
  // hide or steer is shown as \u{202e}.
  HtmlWriter& Text(std::string_view text);
  HtmlWriter& Attribute(std::string_view name, std::string_view value);
  HtmlWriter& Attribute(std::string_view name, uint64_t value);
  // An address, as a link where there is something to link to.
  HtmlWriter& Address(uint64_t address);
  HtmlWriter& Address(std::string_view address);

  bool linked() const { return linked_; }

 private:
  std::ostream& out_;
  const bool linked_;
};

// Where an object's page is.
std::string ObjectUrl(std::string_view address);

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_HTML_WRITER_H_
