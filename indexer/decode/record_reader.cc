#include "indexer/decode/record_reader.h"

#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

std::string AsInTheFile(const JsonScalar& value) {
  const absl::string_view text(value.text.data(), value.text.size());
  switch (value.type) {
    case JsonScalar::kNull:
      return "null";
    case JsonScalar::kTrue:
      return "true";
    case JsonScalar::kFalse:
      return "false";
    case JsonScalar::kNumber:
      return std::string(text);
    case JsonScalar::kString:
      return absl::StrCat("\"", text, "\"");
  }
  return {};
}

}  // namespace

std::string Misfit(std::string_view key, const JsonScalar& value,
                   std::string_view is) {
  return absl::StrCat("\"", absl::string_view(key.data(), key.size()),
                      "\": ", AsInTheFile(value), " ",
                      absl::string_view(is.data(), is.size()));
}

std::string Misfit(std::string_view key, bool map) {
  return absl::StrCat("\"", absl::string_view(key.data(), key.size()),
                      "\" holds a ", map ? "map" : "list");
}

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
