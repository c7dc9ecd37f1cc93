#include "query/db/did_you_mean.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heapq {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

// About one wrong character in three is still the same word.
DidYouMean::DidYouMean(std::string_view wanted)
    : wanted_(wanted), distance_(wanted.size() / 3 + 2) {}

void DidYouMean::Try(std::string_view candidate) {
  TryAs(candidate, candidate, 0);
  // "Request" for "Rack::Request".
  const size_t colons = candidate.rfind("::");
  if (colons != std::string_view::npos) {
    TryAs(candidate.substr(colons + 2), candidate, 1);
  }
}

void DidYouMean::TryAs(std::string_view text, std::string_view candidate,
                       size_t penalty) {
  const size_t gap = text.size() > wanted_.size()
                         ? text.size() - wanted_.size()
                         : wanted_.size() - text.size();
  if (gap + penalty >= distance_) return;
  const size_t distance = EditDistance(wanted_, text) + penalty;
  if (distance >= distance_) return;
  distance_ = distance;
  name_ = candidate;
}

std::string UnknownKey(std::string_view key,
                       std::initializer_list<const char*> known) {
  DidYouMean nearest(key);
  for (const char* const name : known) nearest.Try(name);
  const std::string begin =
      absl::StrCat("unknown key \"", std::string(key), "\"; ");
  return nearest.name().empty()
             ? absl::StrCat(begin, "expected one of ",
                            absl::StrJoin(known, ", "))
             : absl::StrCat(begin, "did you mean ", std::string(nearest.name()),
                            "?");
}

}  // namespace heapq
