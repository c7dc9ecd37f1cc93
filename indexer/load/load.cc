#include "indexer/load/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/atomic_file.h"
#include "indexer/base/background.h"
#include "indexer/base/output_target.h"
#include "indexer/base/status_macros.h"
#include "indexer/graph/analysis.h"
#include "indexer/load/memory_limit.h"
#include "indexer/load/status_file.h"
#include "indexer/read/read_dump.h"
#include "indexer/sqlite/connection.h"
#include "indexer/store/schema.h"
#include "indexer/store/store_writer.h"

namespace heapq {
namespace {

// A process that is adding to it has a journal, which would be taken for one of
// the new file's. All other errors are those of a file to be replaced.
absl::Status WaitForWriters(const std::string& path) {
  const absl::Status status = Connection::OpenReadOnly(path).status();
  if (!absl::IsAborted(status)) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path,
                   ": another process is writing into it just now; load again "
                   "when that is done, or name another file with --db"));
}

// Only a heap.db, of whatever version and however damaged, may be replaced.
absl::Status MayReplace(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return absl::OkStatus();
  absl::StatusOr<bool> ours = false;
  if (S_ISREG(info.st_mode)) {
    if (info.st_size == 0) return absl::OkStatus();
    ours = HasHeapDbHeader(path);
  }
  if (!ours.ok()) {
    return absl::Status(
        ours.status().code(),
        absl::StrCat(std::string(ours.status().message()),
                     ", so it may not be a heap.db; not overwritten. Choose "
                     "another file with --db"));
  }
  if (*ours) return WaitForWriters(path);
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": exists and is not a heap.db; not overwritten. Choose "
                   "another file with --db"));
}

// A failed write with its place and a remedy.
absl::Status NotWritten(const absl::Status& status, const std::string& output) {
  if (status.ok() || status.code() == absl::StatusCode::kCancelled) {
    return status;
  }
  const std::string message =
      absl::StrCat(output, ": not written (", std::string(status.message()),
                   "); what was there is untouched");
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    return absl::ResourceExhaustedError(absl::StrCat(
        message, "; make room or name a file on another disk with --db"));
  }
  return absl::Status(status.code(), message);
}

StoreContent ContentOf(const LoadOptions& options, const std::string& status,
                       const Dump& dump) {
  StoreContent content;
  content.heap = &dump.heap;
  content.text = dump.text.get();
  content.drops = &dump.drops;
  content.samples = &dump.samples;
  content.texts = {{"heapq_version", HEAPQ_VERSION},
                   {"source", options.input},
                   {"format", std::string(TraitsOf(dump.format).name)}};
  if (!dump.header.empty()) content.texts.emplace_back("header", dump.header);
  if (!status.empty()) content.texts.emplace_back("status", status);
  content.numbers = {{"records", static_cast<int64_t>(dump.records)},
                     {"source_bytes", static_cast<int64_t>(dump.source_bytes)},
                     {"shapes", static_cast<int64_t>(dump.shapes)},
                     {"texts_cut", static_cast<int64_t>(dump.texts_cut)},
                     {"truncated", dump.truncated ? 1 : 0}};
  return content;
}

// Removes a file of SQLite's beside the old database, which a killed process
// left. With such a journal SQLite would undo in the new database what was
// never done there.
void RemoveBeside(const std::string& path, const char* suffix) {
  unlink((FollowLinks(path) + suffix).c_str());
}

// Writes the tables that need no analysis while another thread analyses.
absl::StatusOr<Analysis> AnalyzeAndWrite(const Dump& dump,
                                         const std::string& path,
                                         const std::string& output,
                                         StoreContent content,
                                         StoreOptions options,
                                         const Cancellation& cancellation) {
  Background<Analysis> analyzing(
      [&dump](const Cancellation& stop) { return Analyze(dump.heap, stop); });
  absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
      StoreWriter::Create(path, std::move(content), std::move(options));
  RETURN_IF_ERROR(NotWritten(writer.status(), output));
  RETURN_IF_ERROR(NotWritten((*writer)->WriteGraph(), output));
  ASSIGN_OR_RETURN(Analysis analysis, analyzing.Get(cancellation));
  RETURN_IF_ERROR(NotWritten((*writer)->WriteAnswers(analysis), output));
  return analysis;
}

LoadSummary SummaryOf(const Dump& dump, const Analysis& analysis) {
  LoadSummary summary;
  const Heap& heap = dump.heap;
  summary.format = dump.format;
  summary.records = dump.records;
  summary.objects = heap.object_count;
  summary.ghosts = heap.ghost_count;
  summary.edges = heap.edges.count;
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    if (heap.class_of[id] != 0) ++summary.edges;
    summary.size += heap.size[id];
  }
  summary.weak_edges = heap.weak_edges.count;
  summary.roots = heap.roots.size();
  summary.has_roots =
      std::any_of(heap.roots.begin(), heap.roots.end(),
                  [](const RootEntry& root) { return !root.weak; });
  summary.shapes = dump.shapes;
  summary.reachable = analysis.reachable_count;
  summary.reachable_size = analysis.reachable_size;
  summary.truncated = dump.truncated;
  summary.texts_cut = dump.texts_cut;
  summary.drops = dump.drops;
  return summary;
}

absl::StatusOr<LoadSummary> LoadOrThrow(const LoadOptions& options) {
  RETURN_IF_ERROR(MayReplace(options.output));
  std::string status;
  if (!options.status_file.empty()) {
    ASSIGN_OR_RETURN(status, ReadStatusFile(options.status_file));
  }
  // Made first: a folder that can't be written to need not cost a long read.
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(options.output, "--db"));

  ReadOptions read;
  read.strict = options.strict;
  if (options.yajl_only) read.decoder = Decoder::kYajl;
  read.spill_dir = FolderOf(file.path());
  const auto report = [&options](std::string_view stage, uint64_t done,
                                 uint64_t total) {
    if (options.progress) options.progress(stage, done, total);
    return options.cancellation.Check();
  };
  MemoryLimit budget(options.input, options.max_memory);
  absl::Status memory;
  ReadTally whole;
  read.check = [&](const ReadTally& tally) {
    RETURN_IF_ERROR(report("reading", tally.done, tally.total));
    if (!tally.whole) return memory = budget.Check(tally);
    if (whole.whole) return absl::OkStatus();
    whole = tally;
    return memory = budget.CheckWhole(tally);
  };
  absl::StatusOr<Dump> dump_or = ReadDump(options.input, read);
  RETURN_IF_ERROR(memory);
  if (dump_or.status().code() == absl::StatusCode::kResourceExhausted) {
    return NotWritten(dump_or.status(), options.output);  // no room for texts
  }
  if (absl::IsUnavailable(dump_or.status())) {
    return absl::UnavailableError(
        absl::StrCat(std::string(dump_or.status().message()), "; ",
                     options.output, " is as it was"));
  }
  ASSIGN_OR_RETURN(const Dump dump, std::move(dump_or));
  const Cancellation cancellation =
      Cancellation::By([&report] { return report("analysing", 0, 0); });
  RETURN_IF_ERROR(cancellation.Check());
  whole.objects = dump.heap.last_id();  // those without a record as well
  RETURN_IF_ERROR(budget.CheckWhole(whole));
  StoreOptions store;
  store.plain_inserts = options.plain_inserts;
  store.progress = [&options](uint64_t done, uint64_t total) {
    if (options.progress) options.progress("writing", done, total);
  };
  store.cancellation = options.cancellation;
  ASSIGN_OR_RETURN(const Analysis analysis,
                   AnalyzeAndWrite(dump, file.path(), options.output,
                                   ContentOf(options, status, dump),
                                   std::move(store), cancellation));
  RETURN_IF_ERROR(MayReplace(options.output));  // that was a while ago
  RemoveBeside(options.output, "-journal");
  RETURN_IF_ERROR(NotWritten(file.Commit(), options.output));
  RemoveBeside(options.output, "-wal");
  RemoveBeside(options.output, "-shm");
  return SummaryOf(dump, analysis);
}

}  // namespace

absl::StatusOr<LoadSummary> Load(const LoadOptions& options) {
  try {
    return LoadOrThrow(options);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat(options.input,
                     ": not enough memory to load it (some 100 bytes an object "
                     "and 20 a reference); use a larger machine"));
  }
}

}  // namespace heapq
