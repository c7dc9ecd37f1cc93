#include "indexer/base/drop_report.h"

#include <utility>

#include "indexer/base/utf8.h"

namespace heapq {
namespace {

// Details quote the input, which may be of any length.
constexpr size_t kMaxDetailLength = 400;  // bytes

}  // namespace

void DropReport::Add(std::string_view reason, uint64_t line, uint64_t byte,
                     std::string_view detail) {
  const uint64_t count = ++totals_[std::string(reason)];
  if (first_.size() >= kKept && count > kOfEach) return;
  std::string shown = ToValidUtf8(detail.substr(0, kMaxDetailLength));
  if (detail.size() > kMaxDetailLength) shown.append("…");
  first_.push_back({std::string(reason), line, byte, std::move(shown)});
}

}  // namespace heapq
