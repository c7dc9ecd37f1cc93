#ifndef HEAPQ_CLI_OUTPUT_FIGURES_H_
#define HEAPQ_CLI_OUTPUT_FIGURES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/output/json_writer.h"
#include "cli/output/row_writer.h"

namespace heapq {

// A figure of an answer, for JSON and CSV: its key in both, and its value. CSV
// writes a bool as 0 or 1.
struct Figure {
  std::string key;
  std::variant<bool, uint64_t, std::string> value;
};

// Adds the figures as keys of the map that is open.
void WriteFigures(const std::vector<Figure>& figures, JsonWriter* json);
// Adds a row of two cells for each figure.
void WriteFigures(const std::vector<Figure>& figures, RowWriter* rows);
// The figures of a map in JSON, for CSV: `prefix` comes before each key.
template <typename Entries>
void WriteFigures(std::string_view prefix, const Entries& entries,
                  RowWriter* rows) {
  for (const auto& [key, value] : entries) {
    rows->Row({RowCell(std::string(prefix) + key), RowCell(value)});
  }
}

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_FIGURES_H_
