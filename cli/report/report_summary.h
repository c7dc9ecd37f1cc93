#ifndef HEAPQ_CLI_REPORT_REPORT_SUMMARY_H_
#define HEAPQ_CLI_REPORT_REPORT_SUMMARY_H_

#include <string>
#include <utility>
#include <vector>

#include "query/report/report.h"

namespace heapq {

// "Heap report: dump.json".
std::string TitleOf(const HeapReport& report);

// The verdict on the process's memory, and what it grew by, in a sentence each.
// Empty if the dump has no account of memory.
std::vector<std::string> MemoryHeadlineOf(const HeapReport& report);

// The sentence for a report without suspects; it has no full stop.
std::string NoSuspectsOf(const HeapReport& report);

// The main facts in a few sentences: what keeps how much; what grew, against
// an older heap; what a reader must know about the dump.
std::vector<std::string> HeadlineOf(const HeapReport& report);

// Describes the dump by name and value: objects, bytes, Ruby, pid, time …
std::vector<std::pair<std::string, std::string>> FactsOf(const HeapInfo& info);

// "process 4711, 2026-11-23T03:00:00Z, ruby 3.1.2, heap_dump 2".
std::string OriginOf(const HeapInfo& info);

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_REPORT_SUMMARY_H_
