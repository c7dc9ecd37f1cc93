#ifndef HEAPQ_INDEXER_FORMATS_VALUE_SCHEMA_H_
#define HEAPQ_INDEXER_FORMATS_VALUE_SCHEMA_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "indexer/json/record_reader.h"

namespace heapq {

// No process has more: a larger size is damage, and sums of sizes would wrap.
inline constexpr uint64_t kMaxBytes = uint64_t{1} << 48;

// A line of a file, 0: unknown. Code that eval was given a negative line for
// (as templates are) has in a dump the large number that this wraps to.
inline uint32_t LineOf(uint64_t number) {
  return number <= INT32_MAX ? static_cast<uint32_t>(number) : 0;
}

// The type of value that a format allows behind a key.
enum class Expected {
  kAnything,
  kText,
  kTextOrList,
  kAddress,    // "0x…"
  kReference,  // a number, or null
  kNumber,
  kBytes,    // a number that can be a size
  kInteger,  // may be negative
  kFlag,
  kList,
  kMap,
  kListOrMap,
};

// Why a record with this value behind `key` is dropped; "" if the value fits.
std::string Mismatch(Expected expected, std::string_view key,
                     const JsonScalar& value);
// The same of a map or list that opens.
std::string Mismatch(Expected expected, std::string_view key, bool map);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_VALUE_SCHEMA_H_
