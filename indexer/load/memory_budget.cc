#include "indexer/load/memory_budget.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/load/available_memory.h"

namespace heapq {
namespace {

// Measured: what the stages after reading take on top of the graph itself,
// and what reading takes however large the dump is.
constexpr uint64_t kLaterPerObject = 50;
constexpr uint64_t kLaterPerEdge = 10;
constexpr uint64_t kFixed = 6 << 20;

// A projection from the first part of a dump may be wrong by this much, and
// from less than that share it is no projection.
constexpr double kDoubt = 1.5;
constexpr double kLeastShare = 0.05;

// Asking the system takes a while; others take memory meanwhile.
constexpr uint64_t kAskAgainAfter = 64 << 20;

std::string Mebibytes(uint64_t bytes) {
  return absl::StrCat((bytes + (1 << 20) - 1) >> 20, " MiB");
}

}  // namespace

MemoryBudget::MemoryBudget(std::string input, std::optional<uint64_t> limit)
    : input_(std::move(input)),
      limit_(limit),
      resident_before_(ResidentMemory()) {}

uint64_t MemoryBudget::Allowed(uint64_t resident) {
  constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  if (limit_.has_value()) return *limit_ == 0 ? kAny : *limit_;
  if (allowed_ == 0 || resident > resident_when_asked_ + kAskAgainAfter) {
    const uint64_t available = AvailableMemory();
    allowed_ = available > kAny - resident ? kAny : available + resident;
    resident_when_asked_ = resident;
  }
  return allowed_;
}

absl::Status MemoryBudget::Refused(uint64_t needed, uint64_t allowed,
                                   const std::string& of) const {
  return absl::ResourceExhaustedError(absl::StrCat(
      input_, ": loading it takes about ", Mebibytes(needed), " of memory ", of,
      ", ", Mebibytes(allowed),
      limit_.has_value() ? " are allowed; give it more with --max-memory"
                         : " are left here; end other programs, or set "
                           "--max-memory to load it all the same",
      ", or load it on a larger machine"));
}

absl::Status MemoryBudget::Check(const ReadTally& tally) {
  const uint64_t resident = ResidentMemory();
  const uint64_t allowed = Allowed(resident);
  const uint64_t later =
      kLaterPerObject * tally.objects + kLaterPerEdge * tally.edges;
  const std::string what = absl::StrCat("(", tally.objects, " objects and ",
                                        tally.edges, " references so far)");
  if (resident + later > allowed) {
    return Refused(resident + later, allowed, what);
  }
  const double share = tally.total == 0 ? 0
                                        : static_cast<double>(tally.done) /
                                              static_cast<double>(tally.total);
  if (share < kLeastShare) return absl::OkStatus();
  const uint64_t fixed = resident_before_ + kFixed;
  const uint64_t taken = resident - std::min(resident, fixed);
  const double grown =
      static_cast<double>(taken + later) / share + static_cast<double>(fixed);
  if (grown <= kDoubt * static_cast<double>(allowed)) return absl::OkStatus();
  return Refused(static_cast<uint64_t>(grown), allowed,
                 absl::StrCat("(", tally.objects, " objects and ", tally.edges,
                              " references in the first ",
                              static_cast<int>(share * 100), " % of it)"));
}

absl::Status MemoryBudget::CheckWhole(uint64_t objects, uint64_t edges) {
  const uint64_t resident = ResidentMemory();
  const uint64_t allowed = Allowed(resident);
  const uint64_t needed =
      resident + kLaterPerObject * objects + kLaterPerEdge * edges;
  if (needed <= allowed) return absl::OkStatus();
  return Refused(
      needed, allowed,
      absl::StrCat("(", objects, " objects and ", edges, " references)"));
}

}  // namespace heapq
