#include "indexer/read/block_decoder.h"

namespace heapq {
namespace {

// Behind the first line feed of `text`, from `from` on, or its end.
size_t EndOfLine(std::string_view text, size_t from) {
  const size_t feed = text.find('\n', from);
  return feed == std::string_view::npos ? text.size() : feed + 1;
}

}  // namespace

BlockDecoder::BlockDecoder(Decoder kind, HeapAssembler* assembler,
                           DropReport* drops)
    : kind_(kind),
      assembler_(assembler),
      drops_(drops),
      reader_(assembler),
      lines_(&reader_, drops),
      framer_(&lines_) {}

void BlockDecoder::Scan(ScannedBlock* block) const {
  ScanFrom(block->block.begins_line() ? 0 : EndOfLine(block->block.text(), 0),
           block);
}

void BlockDecoder::ScanFrom(size_t from, ScannedBlock* block) const {
  block->runs.clear();
  block->scanned = false;
  const DumpFormat format = scanned_format_.load(std::memory_order_acquire);
  if (format == DumpFormat::kUnknown) return;
  block->scanned = true;
  if (block->scanner == nullptr) {
    block->scanner = MakeLineScanner(format, kind_ == Decoder::kPortable);
    if (block->scanner == nullptr) return;
  }
  block->batch.Clear();
  const std::string_view text = block->block.text();
  block->batch.ReserveText(text.size());
  const char* const origin = text.data();
  const char* p = origin + from;
  const char* const end = origin + (text.rfind('\n') + 1);  // npos + 1 is 0
  while (p < end) {
    const size_t first_object = block->batch.objects.size();
    const char* const next =
        block->scanner->Scan(origin, p, end, &block->batch);
    if (next > p) {
      block->runs.push_back({static_cast<size_t>(p - origin),
                             static_cast<size_t>(next - origin), first_object,
                             block->batch.objects.size()});
    }
    p = next == end
            ? end
            : origin + EndOfLine(text, static_cast<size_t>(next - origin));
  }
}

void BlockDecoder::Take(ScannedBlock* block) {
  const std::string_view text = block->block.text();
  size_t at = 0;
  if (!block->scanned) {
    // Line by line, until the format is known.
    while (at < text.size() && (kind_ == Decoder::kYajl ||
                                reader_.format() == DumpFormat::kUnknown)) {
      const size_t end =
          kind_ == Decoder::kYajl ? text.size() : EndOfLine(text, at);
      framer_.Push(text.substr(at, end - at));
      at = end;
    }
    if (at == text.size()) return;
    scanned_format_.store(reader_.format(), std::memory_order_release);
    ScanFrom(at, block);
  }
  HeapAssembler::BatchNumbers numbers;
  for (const ScannedBlock::Run& run : block->runs) {
    if (run.begin > at) framer_.Push(text.substr(at, run.begin - at));
    if (!lines_.fatal().ok()) return;
    TakeRun(*block, run, &numbers);
    at = run.end;
  }
  if (at < text.size()) framer_.Push(text.substr(at));
}

void BlockDecoder::TakeRun(const ScannedBlock& block,
                           const ScannedBlock::Run& run,
                           HeapAssembler::BatchNumbers* numbers) {
  const size_t lines = run.end_object - run.first_object;
  lines_.SkipRecords(lines);
  const LinePosition position = framer_.position();
  const uint64_t added = assembler_->Add(
      block.batch, run.first_object, run.end_object, numbers,
      [&](const RecordBatch::Object& object) {
        const auto line = static_cast<uint64_t>(
            &object - &block.batch.objects[run.first_object]);
        const RecordOutcome outcome = DuplicateAddress(object.address);
        drops_->Add(outcome.reason, position.line + line,
                    position.byte + object.line_at - run.begin, outcome.detail);
      });
  reader_.CountScanned(added);
  framer_.Skip(run.end - run.begin, lines);
}

void BlockDecoder::Finish() {
  framer_.Finish();
  lines_.Finish();
  reader_.Finish();
}

}  // namespace heapq
