#ifndef HEAPQ_INDEXER_READ_BLOCK_DECODER_H_
#define HEAPQ_INDEXER_READ_BLOCK_DECODER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "indexer/base/drop_report.h"
#include "indexer/formats/format_detector.h"
#include "indexer/formats/line_scanner.h"
#include "indexer/heap/heap_assembler.h"
#include "indexer/heap/record_batch.h"
#include "indexer/json/json_line_decoder.h"
#include "indexer/json/line_framer.h"
#include "indexer/model/dump_format.h"
#include "indexer/read/block_source.h"
#include "indexer/read/read_dump.h"

namespace heapq {

// A block of a dump and what its regular lines say.
struct ScannedBlock {
  // Lines that were understood; what lies between runs was not.
  struct Run {
    size_t begin;  // in the block's text
    size_t end;
    size_t first_object;  // in `batch`, one for each line
    size_t end_object;
  };

  Block block;
  bool scanned = false;
  std::unique_ptr<LineScanner> scanner;
  RecordBatch batch;
  std::vector<Run> runs;
};

// Decodes a dump, block by block: regular lines with a LineScanner, each block
// on any thread, then everything else with yajl, in the order of the file.
class BlockDecoder {
 public:
  // Both must outlive this.
  BlockDecoder(Decoder kind, HeapAssembler* assembler, DropReport* drops);

  // Does what can be done ahead, if anything. From any thread.
  void Scan(ScannedBlock* block) const;
  // Adds the block to the heap. One call at a time, in the order of the file.
  void Take(ScannedBlock* block);
  // The input is over.
  void Finish();

  const FormatDetector& reader() const { return reader_; }
  const JsonLineDecoder& lines() const { return lines_; }
  LinePosition position() const { return framer_.position(); }

 private:
  void ScanFrom(size_t from, ScannedBlock* block) const;
  void TakeRun(const ScannedBlock& block, const ScannedBlock::Run& run,
               HeapAssembler::BatchNumbers* numbers);

  const Decoder kind_;
  HeapAssembler* const assembler_;
  DropReport* const drops_;
  FormatDetector reader_;
  JsonLineDecoder lines_;
  LineFramer framer_;
  std::atomic<DumpFormat> scanned_format_{DumpFormat::kUnknown};
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_READ_BLOCK_DECODER_H_
