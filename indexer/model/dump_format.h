#ifndef HEAPQ_INDEXER_MODEL_DUMP_FORMAT_H_
#define HEAPQ_INDEXER_MODEL_DUMP_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace heapq {

// The formats of dumps that heapq reads: docs/reference/format.md.
enum class DumpFormat : uint8_t {
  kUnknown,
  kHeapDump1,  // of the first heap_dump gem
  kHeapDump2,
  kDumpAll,  // of ObjectSpace.dump_all
};

struct DumpFormatTraits {
  std::string_view name;  // as shown, and as in heap.db; "" for kUnknown
  std::string_view article;
  // Ruby's dump_all writes references only, without immediates and names.
  bool has_values;
};

inline constexpr DumpFormatTraits kDumpFormats[] = {
    {"", "an ", false},
    {"heap_dump 1", "a ", true},
    {"heap_dump 2", "a ", true},
    {"ObjectSpace.dump_all", "an ", false},
};

constexpr const DumpFormatTraits& TraitsOf(DumpFormat format) {
  return kDumpFormats[static_cast<uint8_t>(format)];
}

// kUnknown for any other name.
constexpr DumpFormat ParseDumpFormat(std::string_view name) {
  for (size_t i = 1; i < std::size(kDumpFormats); ++i) {
    if (kDumpFormats[i].name == name) return static_cast<DumpFormat>(i);
  }
  return DumpFormat::kUnknown;
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_DUMP_FORMAT_H_
