#ifndef HEAPQ_CLI_REPORT_REPORT_FORMAT_H_
#define HEAPQ_CLI_REPORT_REPORT_FORMAT_H_

#include <ostream>

#include "cli/report/html_writer.h"
#include "query/report/report.h"

namespace heapq {

// The same report in three forms. The same report gives the same bytes.
void WriteHtmlReport(const HeapReport& report, HtmlWriter* html);
void WriteMarkdownReport(const HeapReport& report, std::ostream* out);
void WriteJsonReport(const HeapReport& report, std::ostream* out);

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_REPORT_FORMAT_H_
