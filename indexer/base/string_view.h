#ifndef HEAPQ_INDEXER_BASE_STRING_VIEW_H_
#define HEAPQ_INDEXER_BASE_STRING_VIEW_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace heapq {

// For Abseil's functions: their string_view is not the standard's everywhere.
inline absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_STRING_VIEW_H_
