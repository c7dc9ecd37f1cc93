#ifndef HEAPQ_QUERY_DB_DID_YOU_MEAN_H_
#define HEAPQ_QUERY_DB_DID_YOU_MEAN_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace heapq {

// Single-character changes that make `b` of `a` (Levenshtein's distance).
size_t EditDistance(std::string_view a, std::string_view b);

// Keeps the candidate that is nearest to the typed text, as a whole or by
// the last name of a class path; the first one of several. `name` is empty
// while none is near enough to be worth suggesting.
class DidYouMean {
 public:
  explicit DidYouMean(std::string_view wanted);
  // The candidate's text must outlive the DidYouMean.
  void Try(std::string_view candidate);
  std::string_view name() const { return name_; }

 private:
  void TryAs(std::string_view text, std::string_view candidate, size_t penalty);

  const std::string_view wanted_;
  std::string_view name_;
  size_t distance_;
};

// The message for a key of a file that heapq does not know: the nearest of the
// `known` keys, or all of them.
std::string UnknownKey(std::string_view key,
                       std::initializer_list<const char*> known);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_DID_YOU_MEAN_H_
