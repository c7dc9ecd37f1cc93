#include "indexer/decode/wanted.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

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
std::string_view Wrong(Wanted wanted, const JsonScalar& value) {
  constexpr std::string_view kNoNumber = "is no unsigned 64-bit number";
  const bool text = value.type == JsonScalar::kString;
  uint64_t number = 0;
  int64_t integer = 0;
  switch (wanted) {
    case Wanted::kAnything:
      return {};
    case Wanted::kText:
      return text ? "" : "is no text";
    case Wanted::kTextOrList:
      return text ? "" : "is neither a text nor a list";
    case Wanted::kAddress:
      return IsAddress(value) ? "" : "is no address";
    case Wanted::kReference:
      if (value.type == JsonScalar::kNull) return {};
      return Is(value, &number) ? "" : kNoNumber;
    case Wanted::kNumber:
      return Is(value, &number) ? "" : kNoNumber;
    case Wanted::kBytes:
      if (!Is(value, &number)) return kNoNumber;
      return number <= kMostBytes ? "" : "is more than a process can have";
    case Wanted::kInteger:
      return Is(value, &integer) ? "" : "is no integer";
    case Wanted::kFlag:
      return value.type == JsonScalar::kTrue || value.type == JsonScalar::kFalse
                 ? ""
                 : "is neither true nor false";
    case Wanted::kList:
      return "is no list";
    case Wanted::kMap:
      return "is no map";
    case Wanted::kListOrMap:
      return "is neither a list nor a map";
  }
  return {};
}

}  // namespace

std::string Misfit(Wanted wanted, std::string_view key,
                   const JsonScalar& value) {
  const std::string_view wrong = Wrong(wanted, value);
  if (wrong.empty()) return {};
  return absl::StrCat("\"", View(key), "\": ", AsInTheFile(value), " ",
                      View(wrong));
}

std::string Misfit(Wanted wanted, std::string_view key, bool map) {
  if (wanted == Wanted::kAnything || wanted == Wanted::kListOrMap ||
      wanted == (map ? Wanted::kMap : Wanted::kList) ||
      (!map && wanted == Wanted::kTextOrList)) {
    return {};
  }
  return absl::StrCat("\"", View(key), "\" holds a ", map ? "map" : "list");
}

}  // namespace heapq
