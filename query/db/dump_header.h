#ifndef HEAPQ_QUERY_DB_DUMP_HEADER_H_
#define HEAPQ_QUERY_DB_DUMP_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "query/db/heap_db.h"

namespace heapq {

// The header record of a dump: docs/reference/format.md §4. A dump of
// ObjectSpace.dump_all has none; all its fields are then empty.
class DumpHeader {
 public:
  DumpHeader() = default;
  // Text that is not a JSON object gives an empty header. `status`: the account
  // of memory that `load --status` read, for a header without one; may be "".
  explicit DumpHeader(const std::string& json, const std::string& status = "");

  using Facts = std::vector<std::pair<std::string, std::string>>;

  // Scalars and lists by their keys ("ruby", "gc.count"), in the header's
  // order, without the keys that only identify the record and without the
  // account of memory, which has an answer of its own.
  const Facts& facts() const { return facts_; }
  // The account of memory: scalars by their keys ("memory.gc_stat.count").
  const Facts& memory() const { return memory_; }
  // Whether memory() is of `status`.
  bool memory_is_of_status_file() const { return memory_is_of_status_file_; }
  // The text of a fact, memory() included; "" if there is none.
  std::string_view Text(std::string_view key) const;
  // nullopt: there is no such fact, or it is not an integer.
  std::optional<int64_t> Number(std::string_view key) const;
  // When the dump was taken; nullopt: the header does not say.
  std::optional<absl::Time> time() const;
  // A fork has only the thread that forked.
  bool taken_in_fork() const { return Text("mode") == "fork"; }

 private:
  Facts facts_;
  Facts memory_;
  bool memory_is_of_status_file_ = false;
};

// The header of the dump that a heap.db was loaded from.
absl::StatusOr<DumpHeader> ReadDumpHeader(HeapDb* db);

// From one dump to a later one. 0: the headers do not say, or the second was
// not taken later.
absl::StatusOr<double> MinutesBetween(HeapDb* before, HeapDb* after);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_DUMP_HEADER_H_
