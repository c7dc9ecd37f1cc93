#ifndef HEAPQ_INDEXER_DECODE_FIELD_SCANNER_H_
#define HEAPQ_INDEXER_DECODE_FIELD_SCANNER_H_

#include <memory>

#include "indexer/decode/line_scanner.h"

namespace heapq {

// For the objects of dump format 2; see FieldReader.
std::unique_ptr<LineScanner> MakeFieldScanner(bool portable);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_DECODE_FIELD_SCANNER_H_
