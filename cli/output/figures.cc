#include "cli/output/figures.h"

namespace heapq {

void WriteFigures(const std::vector<Figure>& figures, JsonWriter* json) {
  for (const auto& [key, value] : figures) {
    json->Key(key);
    if (const auto* const flag = std::get_if<bool>(&value)) {
      json->Bool(*flag);
    } else if (const auto* const number = std::get_if<uint64_t>(&value)) {
      json->Number(*number);
    } else {
      json->Text(std::get<std::string>(value));
    }
  }
}

void WriteFigures(const std::vector<Figure>& figures, RowWriter* rows) {
  for (const auto& [key, value] : figures) {
    RowCell cell;
    if (const auto* const flag = std::get_if<bool>(&value)) {
      cell = uint64_t{*flag ? 1u : 0u};
    } else if (const auto* const number = std::get_if<uint64_t>(&value)) {
      cell = *number;
    } else {
      cell = std::get<std::string>(value);
    }
    rows->Row({RowCell(key), cell});
  }
}

}  // namespace heapq
