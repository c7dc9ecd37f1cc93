#include "indexer/load/memory_estimate.h"

#include <algorithm>

namespace heapq {
namespace {

// Measured: what a load takes on top of what its columns hold when all is
// read: buffers and the ends of huge pages, which every load has, and what the
// stages after reading need. A small load's memory stays with the process when
// it is given back; that of a large one's columns goes to the system.
struct Costs {
  double fixed;
  double object;
  double edge;
};
constexpr Costs kSmall = {8 << 20, 32, 21};
constexpr Costs kLarge = {100 << 20, 18, 8.5};

// A smaller part of a dump gives no estimate.
constexpr double kMinShare = 0.05;

}  // namespace

void MemoryEstimate::Note(const ReadTally& tally) {
  now_ = {tally.share, static_cast<double>(tally.held),
          static_cast<double>(tally.objects), static_cast<double>(tally.edges)};
  if (now_.share < kMinShare) return;
  if (now_.share >= 2 * next_half_.share) {
    half_ = next_half_;
    next_half_ = now_;
  }
}

uint64_t MemoryEstimate::Peak(const Amounts& amounts) const {
  const auto more = [&amounts](const Costs& costs) {
    return costs.fixed + costs.object * amounts.objects +
           costs.edge * amounts.edges;
  };
  return before_ + static_cast<uint64_t>(amounts.held +
                                         std::min(more(kSmall), more(kLarge)));
}

std::optional<uint64_t> MemoryEstimate::Whole() const {
  if (half_.share == 0) return std::nullopt;
  const double factor = (1 - now_.share) / (now_.share - half_.share);
  const auto grown = [factor](double now, double half) {
    return now + std::max(0.0, now - half) * factor;
  };
  return Peak({1, grown(now_.held, half_.held),
               grown(now_.objects, half_.objects),
               grown(now_.edges, half_.edges)});
}

}  // namespace heapq
