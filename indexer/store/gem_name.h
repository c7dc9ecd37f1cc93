#ifndef HEAPQ_INDEXER_STORE_GEM_NAME_H_
#define HEAPQ_INDEXER_STORE_GEM_NAME_H_

#include <string>
#include <string_view>

namespace heapq {

// The gem that a file of code belongs to, with its version ("rack-2.2.6"):
// what stands behind the last "/gems/". "ruby" for Ruby's own library,
// "(application)" for everything else.
std::string GemOf(std::string_view file);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_GEM_NAME_H_
