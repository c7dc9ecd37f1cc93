#ifndef HEAPQ_INDEXER_BASE_UTF8_H_
#define HEAPQ_INDEXER_BASE_UTF8_H_

#include <string>
#include <string_view>

namespace heapq {

// Length of the valid UTF-8 that `text` begins with, in bytes.
size_t ValidUtf8Prefix(std::string_view text);

// `text` with each byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string ToValidUtf8(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_UTF8_H_
