#ifndef HEAPQ_INDEXER_BASE_DROP_REPORT_H_
#define HEAPQ_INDEXER_BASE_DROP_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heapq {

// One damaged place of the input. Lines count from 1, bytes from 0.
struct Drop {
  std::string reason;  // a short key: "malformed_line", "truncated", …
  uint64_t line = 0;
  uint64_t byte = 0;
  std::string detail;  // what a person should read
};

// Hears of everything that a load could not use. Keeps the totals by reason,
// the first kKept places, and the first kOfEach of each reason in any case.
class DropReport {
 public:
  static constexpr size_t kKept = 1000;
  static constexpr size_t kOfEach = 5;

  void Add(std::string_view reason, uint64_t line, uint64_t byte,
           std::string_view detail);

  bool empty() const { return totals_.empty(); }
  const std::map<std::string, uint64_t>& totals() const { return totals_; }
  const std::vector<Drop>& first() const { return first_; }

 private:
  std::map<std::string, uint64_t> totals_;
  std::vector<Drop> first_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_DROP_REPORT_H_
