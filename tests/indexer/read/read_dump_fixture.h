#ifndef HEAPQ_TESTS_INDEXER_READ_DUMP_READ_DUMP_FIXTURE_H_
#define HEAPQ_TESTS_INDEXER_READ_DUMP_READ_DUMP_FIXTURE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "indexer/read/read_dump.h"
#include "tests/support/temp_dir.h"

namespace heapq {

// Reads dumps from memory and tells what came out in words.
class DumpText {
 public:
  absl::StatusOr<Dump> Read(std::string_view content, size_t chunk_size = 4096,
                            bool strict = false);

  // Everything that a dump says, a line each, in a fixed order: objects with
  // their edges ("0x1000 T_OBJECT -ivar @a-> 0x1028"), fields, strings, roots,
  // frames, and the drops by reason.
  static std::string Describe(Dump* dump);
  // All that a reading brings, with the place and the words of each drop.
  static std::string Outcome(absl::StatusOr<Dump> read);

  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_INDEXER_READ_DUMP_READ_DUMP_FIXTURE_H_
