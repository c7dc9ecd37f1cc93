#include "indexer/base/drop_report.h"

namespace heapq {

void DropReport::Add(std::string_view reason, uint64_t line, uint64_t byte,
                     std::string_view detail) {
  ++totals_[std::string(reason)];
  if (first_.size() < kKept) {
    first_.push_back({std::string(reason), line, byte, std::string(detail)});
  }
}

}  // namespace heapq
