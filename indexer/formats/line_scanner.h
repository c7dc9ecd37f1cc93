#ifndef HEAPQ_INDEXER_FORMATS_LINE_SCANNER_H_
#define HEAPQ_INDEXER_FORMATS_LINE_SCANNER_H_

#include <memory>

#include "indexer/heap/record_batch.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Decodes the lines of a dump that are written as a dumper writes them, which
// is nearly all of them, several times faster than a JSON parser can. It
// understands a line wholly and exactly as the format's RecordReader does, or
// leaves it alone: anything unusual is for JsonLineDecoder.
class LineScanner {
 public:
  virtual ~LineScanner() = default;

  // Decodes lines from `begin` up to the first one that it leaves alone, and
  // adds an object to `batch` for each. Returns where that line begins, or
  // `end`. `end` is behind a line feed; kReadAhead (byte_vectors.h) bytes
  // behind it can be read. `origin` is where RecordBatch::Object::line_at
  // counts from. The batch has room for the text.
  virtual const char* Scan(const char* origin, const char* begin,
                           const char* end, RecordBatch* batch) = 0;
};

// Returns the scanner for a format, or null if it has none. `portable`: without
// vector instructions.
std::unique_ptr<LineScanner> MakeLineScanner(DumpFormat format,
                                             bool portable = false);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_LINE_SCANNER_H_
