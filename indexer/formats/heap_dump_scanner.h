#ifndef HEAPQ_INDEXER_FORMATS_HEAP_DUMP_SCANNER_H_
#define HEAPQ_INDEXER_FORMATS_HEAP_DUMP_SCANNER_H_

#include <memory>

#include "indexer/formats/line_scanner.h"

namespace heapq {

// For the objects of dump format 2; see HeapDumpReader.
std::unique_ptr<LineScanner> MakeFieldScanner(bool portable);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_HEAP_DUMP_SCANNER_H_
