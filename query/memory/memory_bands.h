#ifndef HEAPQ_QUERY_MEMORY_MEMORY_BANDS_H_
#define HEAPQ_QUERY_MEMORY_MEMORY_BANDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/memory/memory_split.h"

namespace heapq {

// The parts of MemorySplit as the bands of a stacked bar, in the bar's order.
enum class MemoryBand {
  kObjects,  // live objects, slots and owned memory
  kGarbage,
  kNative,
  kFree,     // free slots, free in malloc
  kProgram,  // stacks, machine code, files, shared memory
  kUnknown,
};
constexpr size_t kMemoryBands = 6;

// Return the band's name ("live Ruby objects"), its key in style sheets
// ("objects"), and the character, one column wide, that fills it in a text bar.
std::string_view NameOf(MemoryBand band);
std::string_view KeyOf(MemoryBand band);
std::string_view FillOf(MemoryBand band);

MemoryBand BandOf(MemoryPart part);

struct BandBytes {
  MemoryBand band;
  uint64_t bytes = 0;
  double share = 0;  // of the total, from 0 to 1
};

// Returns the bands that have bytes, in the bar's order.
std::vector<BandBytes> BandsOf(const MemorySplit& split);

// Draws the stacked bar in `width` columns. A share below half a column may be
// missing in it.
std::string TextBar(const MemorySplit& split, size_t width);

// Returns the bar's legend ("█ live Ruby objects 38%"), in one line, or in
// lines of `width` columns that are broken between two entries.
std::string TextLegend(const MemorySplit& split);
std::vector<std::string> TextLegend(const MemorySplit& split, size_t width);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_MEMORY_BANDS_H_
