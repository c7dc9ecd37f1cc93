#include "indexer/load/memory_limit.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/load/available_memory.h"

namespace heapq {
namespace {

// By so much a forecast may be too high when little was read; the less is left
// to read, the less it is doubted.
constexpr double kDoubt = 0.5;

// Asking the system takes a while; others take memory meanwhile.
constexpr uint64_t kAskAgainAfter = 64 << 20;

// A file that unpacks to more memory than this for each of its bytes was made
// to. Dumps of real programs, packed by zstd -19, take some 30.
constexpr uint64_t kMaxPerFileByte = 64;
constexpr uint64_t kAlwaysAllowed = 256 << 20;

std::string Mebibytes(uint64_t bytes) {
  return absl::StrCat((bytes + (1 << 20) - 1) >> 20, " MiB");
}

std::string Counts(const ReadTally& tally) {
  return absl::StrCat(tally.objects, " objects and ", tally.edges,
                      " references");
}

}  // namespace

MemoryLimit::MemoryLimit(std::string input, std::optional<uint64_t> limit)
    : input_(std::move(input)),
      limit_(limit),
      before_(ResidentMemory()),
      forecast_(before_) {}

uint64_t MemoryLimit::Allowed(uint64_t resident) {
  constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  if (limit_.has_value()) return *limit_ == 0 ? kAny : *limit_;
  if (allowed_ == 0 || resident > resident_when_asked_ + kAskAgainAfter) {
    const uint64_t available = AvailableMemory();
    allowed_ = available > kAny - resident ? kAny : available + resident;
    resident_when_asked_ = resident;
  }
  return allowed_;
}

absl::Status MemoryLimit::Refused(const std::string& takes, uint64_t allowed,
                                  const std::string& of) const {
  return absl::ResourceExhaustedError(absl::StrCat(
      input_, ": loading it takes ", takes, " of memory (", of, "), ",
      Mebibytes(allowed),
      limit_.has_value() ? " are allowed; give it more with --max-memory"
                         : " are left here; end other programs, or set "
                           "--max-memory to load it all the same",
      ", or load it on a larger machine"));
}

absl::Status MemoryLimit::CheckProportion(const ReadTally& tally,
                                          uint64_t needed) const {
  const uint64_t added = needed - std::min(needed, before_);
  if (limit_.has_value() || added <= kAlwaysAllowed ||
      added / kMaxPerFileByte <= tally.done) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      input_, ": ", Counts(tally), " in the first ", tally.done,
      " bytes of the file take ", Mebibytes(added),
      " of memory, more than a dump of a real program; set --max-memory to "
      "load it all the same"));
}

absl::Status MemoryLimit::Check(const ReadTally& tally) {
  forecast_.Note(tally);
  const uint64_t resident = ResidentMemory();
  const uint64_t allowed = Allowed(resident);
  if (const std::optional<uint64_t> whole = forecast_.Whole()) {
    const double doubt = 1 + kDoubt * (1 - tally.share);
    if (static_cast<double>(*whole) > doubt * static_cast<double>(allowed)) {
      return Refused(
          "about " + Mebibytes(*whole), allowed,
          absl::StrCat(Counts(tally), " in the first ",
                       static_cast<int>(tally.share * 100), " % of it"));
    }
  }
  const uint64_t so_far = std::max(resident, forecast_.SoFar());
  RETURN_IF_ERROR(CheckProportion(tally, so_far));
  if (so_far <= allowed) return absl::OkStatus();
  return Refused("more than " + Mebibytes(so_far), allowed,
                 Counts(tally) + " so far");
}

absl::Status MemoryLimit::CheckWhole(const ReadTally& tally) {
  forecast_.Note(tally);
  const uint64_t resident = ResidentMemory();
  const uint64_t allowed = Allowed(resident);
  const uint64_t needed = std::max(resident, forecast_.SoFar());
  RETURN_IF_ERROR(CheckProportion(tally, needed));
  if (needed <= allowed) return absl::OkStatus();
  return Refused("about " + Mebibytes(needed), allowed, Counts(tally));
}

}  // namespace heapq
