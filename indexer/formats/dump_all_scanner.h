#ifndef HEAPQ_INDEXER_FORMATS_DUMP_ALL_SCANNER_H_
#define HEAPQ_INDEXER_FORMATS_DUMP_ALL_SCANNER_H_

#include <memory>

#include "indexer/formats/line_scanner.h"

namespace heapq {

// For the objects of ObjectSpace.dump_all; see DumpAllReader.
std::unique_ptr<LineScanner> MakeDumpAllScanner(bool portable);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_DUMP_ALL_SCANNER_H_
