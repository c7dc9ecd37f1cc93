#ifndef HEAPQ_CLI_OUTPUT_MEMORY_JSON_H_
#define HEAPQ_CLI_OUTPUT_MEMORY_JSON_H_

#include <optional>

#include "cli/output/json_writer.h"
#include "query/memory/memory_summary.h"

namespace heapq {

// Writes the value of a key: {"rss", "verdict", "sentence", "parts"}; null
// without a summary. Bytes.
void WriteMemory(const std::optional<MemorySummary>& summary, JsonWriter* json);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_MEMORY_JSON_H_
