#ifndef HEAPQ_INDEXER_INPUT_PACKED_SOURCE_H_
#define HEAPQ_INDEXER_INPUT_PACKED_SOURCE_H_

#include <memory>

#include "indexer/input/byte_source.h"

namespace heapq {

// Unpack what `packed` yields, streaming: memory does not grow with the
// content. Several members or frames one after another are one stream.
std::unique_ptr<ByteSource> UnpackGzip(std::unique_ptr<ByteSource> packed);
std::unique_ptr<ByteSource> UnpackZstd(std::unique_ptr<ByteSource> packed);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_INPUT_PACKED_SOURCE_H_
