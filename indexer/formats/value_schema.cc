#include "indexer/formats/value_schema.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"

namespace heapq {
namespace {

std::string AsInTheFile(const JsonScalar& value) {
  switch (value.type) {
    case JsonScalar::kNull:
      return "null";
    case JsonScalar::kTrue:
      return "true";
    case JsonScalar::kFalse:
      return "false";
    case JsonScalar::kNumber:
      return std::string(value.text);
    case JsonScalar::kString:
      return absl::StrCat("\"", View(value.text), "\"");
  }
  return {};
}

template <typename Integer>
bool Is(const JsonScalar& value, Integer* number) {
  return value.type == JsonScalar::kNumber &&
         absl::SimpleAtoi(View(value.text), number);
}

bool IsAddress(const JsonScalar& value) {
  uint64_t address = 0;
  return value.type == JsonScalar::kString &&
         absl::SimpleHexAtoi(View(value.text), &address);
}

// The end of a sentence; empty: nothing is wrong.
std::string_view Wrong(Expected expected, const JsonScalar& value) {
  constexpr std::string_view kNoNumber = "is not an unsigned 64-bit number";
  const bool text = value.type == JsonScalar::kString;
  uint64_t number = 0;
  int64_t integer = 0;
  switch (expected) {
    case Expected::kAnything:
      return {};
    case Expected::kText:
      return text ? "" : "is no text";
    case Expected::kTextOrList:
      return text ? "" : "is neither a text nor a list";
    case Expected::kAddress:
      return IsAddress(value) ? "" : "is no address";
    case Expected::kReference:
      if (value.type == JsonScalar::kNull) return {};
      return Is(value, &number) ? "" : kNoNumber;
    case Expected::kNumber:
      return Is(value, &number) ? "" : kNoNumber;
    case Expected::kBytes:
      if (!Is(value, &number)) return kNoNumber;
      return number <= kMaxBytes ? "" : "is more than a process can have";
    case Expected::kInteger:
      return Is(value, &integer) ? "" : "is no integer";
    case Expected::kFlag:
      return value.type == JsonScalar::kTrue || value.type == JsonScalar::kFalse
                 ? ""
                 : "is neither true nor false";
    case Expected::kList:
      return "is no list";
    case Expected::kMap:
      return "is no map";
    case Expected::kListOrMap:
      return "is neither a list nor a map";
  }
  return {};
}

}  // namespace

std::string Mismatch(Expected expected, std::string_view key,
                     const JsonScalar& value) {
  const std::string_view wrong = Wrong(expected, value);
  if (wrong.empty()) return {};
  return absl::StrCat("\"", View(key), "\": ", AsInTheFile(value), " ",
                      View(wrong));
}

std::string Mismatch(Expected expected, std::string_view key, bool map) {
  if (expected == Expected::kAnything || expected == Expected::kListOrMap ||
      expected == (map ? Expected::kMap : Expected::kList) ||
      (!map && expected == Expected::kTextOrList)) {
    return {};
  }
  return absl::StrCat("\"", View(key), "\" holds a ", map ? "map" : "list");
}

}  // namespace heapq
