#include "indexer/model/digits.h"

#include <algorithm>

namespace heapq {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool HasDigit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), IsDigit);
}

std::string WithoutDigits(std::string_view text) {
  std::string masked;
  for (const char c : text) {
    if (!IsDigit(c)) {
      masked.push_back(c);
    } else if (masked.empty() || masked.back() != '#') {
      masked.push_back('#');
    }
  }
  return masked;
}

}  // namespace heapq
