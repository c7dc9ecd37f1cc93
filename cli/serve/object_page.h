#ifndef HEAPQ_CLI_SERVE_OBJECT_PAGE_H_
#define HEAPQ_CLI_SERVE_OBJECT_PAGE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/report/html_writer.h"
#include "cli/report/report_tables.h"
#include "indexer/base/cancellation.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// Head, title, what is said below it, a field to search with `wanted` in it,
// and the beginning of <main>.
void BeginObjectPage(std::string_view title, std::string_view about,
                     std::string_view wanted, HtmlWriter* html);

// All there is to say about one object; `skip` referrers are left out in
// front. Errors: those of the queries; nothing useful is written then.
absl::Status WriteObjectPage(HeapDb* db, uint32_t id, uint64_t skip,
                             HtmlWriter* html);

ReportTable ObjectTable(const char* key, const char* title,
                        const std::vector<ObjectSummary>& objects);

// Writes the answer of `sql` as a table of at most `limit` rows.
absl::Status WriteRows(HeapDb* db, const std::string& sql, size_t limit,
                       Cancellation cancellation, HtmlWriter* html);

// `text` with its line ends, otherwise as SafeText.
std::string SafeLines(const std::string& text);

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_OBJECT_PAGE_H_
