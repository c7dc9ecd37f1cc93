#include "indexer/read/read_dump.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/status_macros.h"
#include "indexer/heap/code_names.h"
#include "indexer/heap/constants.h"
#include "indexer/heap/heap_assembler.h"
#include "indexer/heap/imemo_words.h"
#include "indexer/input/byte_source.h"
#include "indexer/input/odd_form.h"
#include "indexer/read/block_decoder.h"

namespace heapq {
namespace {

// A file that begins with so many damaged lines, or with so many bytes that are
// not even a line of JSON (/dev/zero, a packed disk), is not a dump.
constexpr uint64_t kGiveUpLines = 1000;
constexpr uint64_t kGiveUpBytes = 64 << 20;
// Bytes kept to identify a file that is not a dump.
constexpr size_t kHead = 8 << 10;

absl::Status StrictError(const std::string& path, const Drop& drop) {
  return absl::DataLossError(absl::StrCat(
      path, ":", drop.line, " (byte ", drop.byte, "): ", drop.detail, " [",
      drop.reason, "]; load without --strict to skip it"));
}

// `head`: the first bytes.
absl::Status NoDump(const std::string& path, std::string_view head,
                    const DropReport& drops) {
  const std::string form = ReshapedForm(head, path);
  if (!form.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", form));
  }
  std::string message = absl::StrCat(
      path,
      ": no heap dump; expected heap_dump's or ObjectSpace.dump_all's "
      "line JSON, plain, gzip or zstd");
  if (!drops.first().empty()) {
    const Drop& drop = drops.first().front();
    absl::StrAppend(&message, " (line ", drop.line, ", byte ", drop.byte, ": ",
                    drop.detail, ")");
  }
  return absl::InvalidArgumentError(message);
}

// The first record's text, without what the array puts around it.
std::string_view HeaderText(std::string_view record) {
  const size_t end = record.rfind('}');
  return end == std::string_view::npos ? record : record.substr(0, end + 1);
}

// Smaller blocks are not worth a thread.
constexpr size_t kMinShared = 1 << 14;
// More do not pay: adding to the heap is the work of one at a time.
constexpr unsigned kMaxThreads = 4;

// Reads, decodes and adds blocks to the heap on several threads. Each takes
// the next block, decodes what it can, and adds it when its turn has come; so
// memory holds a block for each thread.
class Reading {
 public:
  Reading(std::string path, const ReadOptions& options, ByteSource* source,
          HeapAssembler* assembler, Dump* dump)
      : path_(std::move(path)),
        options_(options),
        source_(source),
        blocks_(source, std::max<size_t>(options.chunk_size, 1)),
        assembler_(assembler),
        decoder_(options.decoder, assembler, &dump->drops),
        dump_(dump) {}

  // Returns the error that stopped it, if not the end of the file.
  absl::Status Run() {
    int threads = options_.threads;
    if (threads == 0 && options_.chunk_size < kMinShared) {
      threads = 1;
    } else if (threads == 0) {
      threads = static_cast<int>(
          std::clamp(std::thread::hardware_concurrency(), 1U, kMaxThreads));
    }
    std::vector<std::thread> others;
    try {
      for (int i = 1; i < threads; ++i) {
        others.emplace_back([this] { Work(false); });
      }
    } catch (const std::system_error&) {
      // Then with fewer.
    }
    Work(true);
    for (std::thread& thread : others) thread.join();
    if (thrown_ != nullptr) std::rethrow_exception(thrown_);
    RETURN_IF_ERROR(status_);
    decoder_.Finish();
    return Fatal();
  }

  bool empty() const { return empty_; }
  const std::string& head() const { return head_; }
  const BlockDecoder& decoder() const { return decoder_; }

 private:
  void Work(bool calling_thread) {
    try {
      ScannedBlock block;
      while (NextBlock(&block.block, calling_thread)) {
        decoder_.Scan(&block);
        std::unique_lock<std::mutex> lock(turn_mutex_);
        turn_changed_.wait(
            lock, [&] { return stopped_ || turn_ == block.block.number(); });
        if (stopped_) return;
        Take(&block);
        ++turn_;
        turn_changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(turn_mutex_);
      if (thrown_ == nullptr) thrown_ = std::current_exception();
      Stop();
    }
  }

  bool NextBlock(Block* block, bool calling_thread) {
    while (true) {
      {
        const std::lock_guard<std::mutex> lock(input_mutex_);
        if (stopped_ || (calling_thread && !MayGoOn())) return false;
        if (blocks_.Next(block)) return true;
        if (!blocks_.broken_off()) return false;
      }
      // Leaves the lock to the calling thread, which may have to ask.
      if (!calling_thread) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }

  // Asks the caller.
  bool MayGoOn() {
    if (!options_.check) return true;
    const std::lock_guard<std::mutex> turn(turn_mutex_);
    const absl::Status status = options_.check(
        {source_->consumed(), source_->total(), assembler_->object_count(),
         assembler_->edge_count(), assembler_->held_bytes(), share_});
    if (status.ok()) return true;
    if (status_.ok()) status_ = status;
    Stop();
    return false;
  }

  void Stop() {
    stopped_ = true;
    turn_changed_.notify_all();
  }

  // With the turn.
  void Take(ScannedBlock* block) {
    empty_ = empty_ && block->block.text().empty();
    head_.append(block->block.text().substr(0, kHead - head_.size()));
    if (const std::string form = WrappedForm(head_, path_);
        !form.empty() && !FormatIsKnown()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(path_, ": ", form));
      Stop();
      return;
    }
    decoder_.Take(block);
    if (status_.ok()) status_ = Fatal();
    if (status_.ok() && !assembler_->status().ok()) {
      status_ = absl::Status(
          assembler_->status().code(),
          absl::StrCat(path_, ": ",
                       std::string(assembler_->status().message())));
    }
    bytes_ += block->block.text().size();
    if (source_->total() != 0) {
      share_ = std::min(1.0, static_cast<double>(block->block.consumed()) /
                                 static_cast<double>(source_->total()));
      assembler_->SetShare(share_);
    }
    if (status_.ok() && !FormatIsKnown() &&
        (decoder_.position().line > kGiveUpLines ||
         (bytes_ > kGiveUpBytes && !dump_->drops.empty()))) {
      status_ = NoDump(path_, head_, dump_->drops);
    }
    if (const absl::Status& error = block->block.error(); !error.ok()) {
      TakeError(error);
    }
    if (!status_.ok() ||
        (options_.strict && !dump_->drops.empty() && FormatIsKnown())) {
      Stop();
    }
  }

  void TakeError(const absl::Status& error) {
    if (!absl::IsDataLoss(error)) {
      // The file may be whole: another try is worth more than a part of it.
      if (status_.ok()) status_ = error;
      return;
    }
    // Keep the data that was unpacked before; report the loss.
    dump_->drops.Add("packed_data", decoder_.position().line,
                     decoder_.position().byte, std::string(error.message()));
    dump_->truncated = true;
  }

  bool FormatIsKnown() const {
    return decoder_.reader().format() != DumpFormat::kUnknown;
  }

  absl::Status Fatal() const {
    const absl::Status& fatal = decoder_.lines().fatal();
    if (fatal.ok()) return fatal;
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": ", std::string(fatal.message())));
  }

  const std::string path_;
  const ReadOptions& options_;
  std::mutex input_mutex_;  // guards the two below
  ByteSource* const source_;
  BlockSource blocks_;

  std::mutex turn_mutex_;  // guards all below, but for decoder_.Scan
  std::condition_variable turn_changed_;
  uint64_t turn_ = 0;  // number of the block to be taken
  std::atomic<bool> stopped_{false};
  HeapAssembler* const assembler_;
  BlockDecoder decoder_;
  Dump* const dump_;
  bool empty_ = true;
  std::string head_;    // the first bytes, at most kHead of them
  uint64_t bytes_ = 0;  // unpacked
  double share_ = 0;    // of the file, that was taken
  absl::Status status_;
  std::exception_ptr thrown_;
};

}  // namespace

absl::StatusOr<Dump> ReadDump(const std::string& path,
                              const ReadOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                   OpenByteSource(path));
  Dump dump;
  HeapAssembler assembler(options.spill_dir);
  Reading reading(path, options, source.get(), &assembler, &dump);
  RETURN_IF_ERROR(reading.Run());
  const FormatDetector& reader = reading.decoder().reader();
  const JsonLineDecoder& lines = reading.decoder().lines();
  const LinePosition position = reading.decoder().position();
  if (reader.format() == DumpFormat::kUnknown) {
    if (reading.empty() && dump.drops.empty()) {
      return absl::InvalidArgumentError(path + ": the file is empty");
    }
    return NoDump(path, reading.head(), dump.drops);
  }
  dump.truncated |= lines.truncated();
  if (reader.missing_end() && !dump.truncated) {
    dump.truncated = true;
    dump.drops.Add("truncated", position.line, position.byte,
                   "the end record is missing: the file was cut");
  } else if (lines.open() && !dump.truncated) {
    dump.truncated = true;
    dump.drops.Add("truncated", position.line, position.byte,
                   "the ] behind the last record is missing: the file was cut");
  } else if (const std::string audit = reader.Audit(); !audit.empty()) {
    dump.drops.Add("count_mismatch", position.line, position.byte, audit);
  }
  if (options.strict && !dump.drops.empty()) {
    return StrictError(path, dump.drops.first().front());
  }
  dump.format = reader.format();
  if (dump.format == DumpFormat::kHeapDump2) {
    dump.header = HeaderText(lines.first_record());
  }
  dump.samples = assembler.TakeSamples();
  dump.records = lines.records();
  dump.source_bytes =
      source->total() != 0 ? source->total() : source->consumed();
  dump.shapes = reader.shapes();
  dump.texts_cut = lines.texts_cut() + assembler.texts_cut();
  const ReadTally tally = {source->consumed(),
                           source->total(),
                           assembler.object_count(),
                           assembler.edge_count(),
                           assembler.held_bytes(),
                           1,
                           true};
  const Cancellation cancellation = Cancellation::By(
      [&] { return options.check ? options.check(tally) : absl::OkStatus(); });
  RETURN_IF_ERROR(assembler.Finish(&dump.heap, &dump.text, cancellation));
  if (dump.format == DumpFormat::kDumpAll) {
    RETURN_IF_ERROR(AddImemoWords(&dump.heap));
    RETURN_IF_ERROR(NameCode(dump.text.get(), &dump.heap));
    NameConstants(&dump.heap);
  }
  return dump;
}

}  // namespace heapq
