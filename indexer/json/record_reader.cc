#include "indexer/json/record_reader.h"

#include "absl/strings/str_cat.h"

namespace heapq {

RecordOutcome DuplicateAddress(uint64_t address) {
  return {RecordOutcome::kBad, "duplicate_address",
          absl::StrCat("0x", absl::Hex(address),
                       " has a record already; the first one counts")};
}

RecordOutcome SecondDump() {
  return {RecordOutcome::kBad, "concatenated",
          "a second dump begins here: its roots were left out, its objects "
          "taken; load each from its own file"};
}

}  // namespace heapq
