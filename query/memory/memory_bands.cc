#include "query/memory/memory_bands.h"

#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace heapq {
namespace {

struct BandText {
  std::string_view name;
  std::string_view key;
  std::string_view fill;
};

constexpr std::array<BandText, kMemoryBands> kBands = {{
    {"live Ruby objects", "objects", "█"},
    {"garbage", "garbage", "▒"},
    {"native memory", "native", "▓"},
    {"free in Ruby's heap and malloc", "free", "░"},
    {"stacks, code and files", "program", "·"},
    {"unknown", "unknown", "?"},
}};

}  // namespace

std::string_view NameOf(MemoryBand band) {
  return kBands[static_cast<size_t>(band)].name;
}
std::string_view KeyOf(MemoryBand band) {
  return kBands[static_cast<size_t>(band)].key;
}
std::string_view FillOf(MemoryBand band) {
  return kBands[static_cast<size_t>(band)].fill;
}

MemoryBand BandOf(MemoryPart part) {
  switch (part) {
    case MemoryPart::kSlots:
    case MemoryPart::kOwned:
      return MemoryBand::kObjects;
    case MemoryPart::kGarbage:
      return MemoryBand::kGarbage;
    case MemoryPart::kNative:
      return MemoryBand::kNative;
    case MemoryPart::kFreeSlots:
    case MemoryPart::kFreeMalloc:
      return MemoryBand::kFree;
    case MemoryPart::kThreadStacks:
    case MemoryPart::kFiberStacks:
    case MemoryPart::kCode:
    case MemoryPart::kFiles:
    case MemoryPart::kShared:
      return MemoryBand::kProgram;
    case MemoryPart::kUnknown:
      break;
  }
  return MemoryBand::kUnknown;
}

std::vector<BandBytes> BandsOf(const MemorySplit& split) {
  std::array<uint64_t, kMemoryBands> bytes = {};
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    bytes[static_cast<size_t>(BandOf(part))] += split.Of(part);
  }
  std::vector<BandBytes> bands;
  for (size_t i = 0; i < kMemoryBands; ++i) {
    if (bytes[i] == 0) continue;
    bands.push_back(
        {static_cast<MemoryBand>(i), bytes[i],
         static_cast<double>(bytes[i]) / static_cast<double>(split.total)});
  }
  return bands;
}

std::string TextBar(const MemorySplit& split, size_t width) {
  std::string bar;
  double end = 0;
  long drawn = 0;
  for (const BandBytes& band : BandsOf(split)) {
    end += band.share * static_cast<double>(width);
    for (; drawn < std::lround(end); ++drawn) bar += FillOf(band.band);
  }
  return bar;
}

std::string TextLegend(const MemorySplit& split) {
  return TextLegend(split, std::numeric_limits<size_t>::max()).front();
}

std::vector<std::string> TextLegend(const MemorySplit& split, size_t width) {
  std::vector<std::string> lines = {""};
  size_t used = 0;  // columns of the last line
  for (const BandBytes& band : BandsOf(split)) {
    const std::string entry = absl::StrFormat(
        "%s %s %.0f%%", FillOf(band.band), NameOf(band.band), 100 * band.share);
    // The fill takes one column, and all else is ASCII.
    const size_t columns = entry.size() - FillOf(band.band).size() + 1;
    if (used > 0 && used + 2 + columns > width) {
      lines.emplace_back();
      used = 0;
    }
    absl::StrAppend(&lines.back(), used > 0 ? "  " : "", entry);
    used += columns + (used > 0 ? 2 : 0);
  }
  return lines;
}

}  // namespace heapq
