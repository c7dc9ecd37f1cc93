#ifndef HEAPQ_CLI_REPORT_REPORT_TABLES_H_
#define HEAPQ_CLI_REPORT_REPORT_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output/row_writer.h"
#include "query/report/report.h"

namespace heapq {

// A list of the report, the same for all its forms.
struct ReportTable {
  std::string key;    // anchor in HTML, member in JSON: "types"
  std::string title;  // "By class"
  std::string about;  // a sentence; may be empty
  std::vector<RowColumn> columns;
  std::vector<std::vector<RowCell>> rows;
  uint64_t total = 0;   // rows there are in all; 0: not known
  std::string measure;  // key of the column that a bar shows; empty: none
};

// Tables that belong under one heading.
struct ReportSection {
  std::string key;
  std::string title;
  std::vector<ReportTable> tables;  // those without rows are left out
};

// Growth; no tables if the report is of one heap.
ReportSection GrowthSection(const HeapReport& report);
// Content: classes, objects, namespaces, gems, files.
ReportSection ContentSection(const HeapReport& report);
// Waste, and objects that no root reaches.
ReportSection WasteSection(const HeapReport& report);

// A cell that is an object's address: a page that can, links it.
bool IsAddress(const RowColumn& column);

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_REPORT_TABLES_H_
