#ifndef HEAPQ_CLI_REPORT_HTML_PAGE_H_
#define HEAPQ_CLI_REPORT_HTML_PAGE_H_

#include <string>
#include <string_view>

#include "cli/report/html_writer.h"
#include "cli/report/report_tables.h"
#include "query/paths/why_alive.h"

namespace heapq {

// Write the beginning and the end of a page. Style and script are in the page
// itself, under a policy that lets nothing else run or load.
void BeginPage(std::string_view title, HtmlWriter* html);
void EndPage(HtmlWriter* html);

// The Content-Security-Policy of a page that stands in a file, or of one
// (`served`) that a program serves and that may send forms back to it.
std::string ContentSecurityPolicy(bool served);

// A table with its title. The script of the page lets it sort and filter;
// without, all rows are there.
void WriteTable(const ReportTable& table, HtmlWriter* html);

// A retention path, root first: a reference and what it leads to in a line.
void WritePath(const RetentionPath& path, HtmlWriter* html,
               const std::string& held = "");

// A field to look for objects with, for pages that are served.
void WriteSearchForm(HtmlWriter* html, std::string_view text = {});

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_HTML_PAGE_H_
