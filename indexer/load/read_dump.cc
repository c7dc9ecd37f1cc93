#include "indexer/load/read_dump.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/decode/format_probe.h"
#include "indexer/decode/json_line_decoder.h"
#include "indexer/decode/line_framer.h"
#include "indexer/heap/heap_assembler.h"
#include "indexer/input/byte_source.h"

namespace heapq {
namespace {

// A file whose first part holds nothing but damage is no dump.
constexpr uint64_t kGiveUpAfter = 1000;

absl::Status StrictError(const std::string& path, const Drop& drop) {
  return absl::DataLossError(absl::StrCat(
      path, ":", drop.line, " (byte ", drop.byte, "): ", drop.detail, " [",
      drop.reason, "]; load without --strict to skip it"));
}

absl::Status NoDump(const std::string& path, const DropReport& drops) {
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

}  // namespace

absl::StatusOr<Dump> ReadDump(const std::string& path,
                              const ReadOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                   OpenByteSource(path));
  Dump dump;
  HeapAssembler assembler(options.spill_dir);
  FormatProbe reader(&assembler);
  JsonLineDecoder decoder(&reader, &dump.drops);
  LineFramer framer(&decoder);

  std::vector<char> buffer(std::max<size_t>(options.chunk_size, 1));
  bool empty = true;
  while (true) {
    if (options.progress &&
        !options.progress(source->consumed(), source->total())) {
      return absl::CancelledError("cancelled");
    }
    const absl::StatusOr<size_t> read =
        source->Read(buffer.data(), buffer.size());
    if (!read.ok()) {
      // What was read before is worth having; the loss is reported.
      dump.drops.Add(
          absl::IsDataLoss(read.status()) ? "packed_data" : "read_error",
          framer.position().line, framer.position().byte,
          std::string(read.status().message()));
      dump.truncated = true;
      break;
    }
    if (*read == 0) break;
    empty = false;
    framer.Push(std::string_view(buffer.data(), *read));
    if (!decoder.fatal().ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": ", std::string(decoder.fatal().message())));
    }
    RETURN_IF_ERROR(assembler.status());
    if (options.strict && !dump.drops.empty()) break;
    if (reader.format().empty() && framer.position().line > kGiveUpAfter) {
      return NoDump(path, dump.drops);
    }
  }
  framer.Finish();
  decoder.Finish();
  if (!decoder.fatal().ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": ", std::string(decoder.fatal().message())));
  }
  if (reader.format().empty()) {
    if (empty && dump.drops.empty()) {
      return absl::InvalidArgumentError(path + ": the file is empty");
    }
    return NoDump(path, dump.drops);
  }
  dump.truncated |= decoder.truncated();
  if (reader.missing_end() && !dump.truncated) {
    dump.truncated = true;
    dump.drops.Add("truncated", framer.position().line, framer.position().byte,
                   "the end record is missing: the file was cut");
  } else if (const std::string audit = reader.Audit(); !audit.empty()) {
    dump.drops.Add("count_mismatch", framer.position().line,
                   framer.position().byte, audit);
  }
  if (options.strict && !dump.drops.empty()) {
    return StrictError(path, dump.drops.first().front());
  }
  dump.format = reader.format();
  if (dump.format == "heap_dump 2") {
    dump.header = HeaderText(decoder.first_record());
  }
  dump.records = decoder.records();
  dump.source_bytes =
      source->total() != 0 ? source->total() : source->consumed();
  RETURN_IF_ERROR(assembler.Finish(&dump.heap, &dump.text));
  return dump;
}

}  // namespace heapq
