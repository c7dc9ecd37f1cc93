#ifndef HEAPQ_INDEXER_MODEL_DIGITS_H_
#define HEAPQ_INDEXER_MODEL_DIGITS_H_

#include <string>
#include <string_view>

namespace heapq {

// Whether a text has a decimal digit.
bool HasDigit(std::string_view text);

// Replaces each run of decimal digits: "_tpl_12" becomes "_tpl_#".
std::string WithoutDigits(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_DIGITS_H_
