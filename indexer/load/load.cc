#include "indexer/load/load.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/graph/analysis.h"
#include "indexer/load/read_dump.h"
#include "indexer/sqlite/connection.h"
#include "indexer/store/schema.h"
#include "indexer/store/store_writer.h"

namespace heapq {
namespace {

// What a load writes until it is whole: "<output>.loading-<pid>-<random>".
constexpr std::string_view kTemporaryInfix = ".loading-";

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string BaseOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

absl::Status ErrnoStatus(const std::string& path, std::string_view what) {
  const std::string message = absl::StrCat(
      path, ": cannot ", absl::string_view(what.data(), what.size()), ": ",
      std::strerror(errno));
  return errno == ENOSPC || errno == EDQUOT
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

// Only a heap.db, of whatever version, may be replaced.
absl::Status MayReplace(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) {
    if (info.st_size == 0) return absl::OkStatus();
    auto connection = Connection::OpenReadOnly(path);
    if (connection.ok()) {
      auto statement = (*connection)->Prepare("PRAGMA application_id");
      if (statement.ok()) {
        const absl::StatusOr<bool> row = statement->Step();
        if (row.ok() && *row && statement->Int(0) == kApplicationId) {
          return absl::OkStatus();
        }
      }
    }
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": exists and is no heap.db; it stays as it is: name "
                   "another file with --db"));
}

// Removes what loads into `output` left behind whose processes are gone.
void ClearLeftovers(const std::string& output) {
  const std::string folder = FolderOf(output);
  const std::string prefix =
      absl::StrCat(BaseOf(output), std::string(kTemporaryInfix));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(folder.c_str()),
                                                closedir);
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    const std::string rest = name.substr(prefix.size());
    pid_t pid = 0;
    if (!absl::SimpleAtoi(rest.substr(0, rest.find('-')), &pid) || pid <= 0) {
      continue;
    }
    if (kill(pid, 0) != 0 && errno == ESRCH) {
      unlink((folder + "/" + name).c_str());
    }
  }
}

// A file that is gone again unless it was put in its place.
class TemporaryFile {
 public:
  static absl::StatusOr<TemporaryFile> Make(const std::string& output) {
    std::string path =
        absl::StrCat(output, std::string(kTemporaryInfix), getpid(), "-XXXXXX");
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(path, "make");
    close(fd);
    return TemporaryFile(std::move(path));
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }

  // On disk, whole, and only then under its name.
  absl::Status PutInPlace(const std::string& output) {
    const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(path_, "open");
    const int synced = fsync(fd);
    const int error = errno;
    close(fd);
    errno = error;
    if (synced != 0) return ErrnoStatus(path_, "write");
    if (rename(path_.c_str(), output.c_str()) != 0) {
      return ErrnoStatus(output, "replace");
    }
    path_.clear();
    return absl::OkStatus();
  }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

StoreContent ContentOf(const LoadOptions& options, const Dump& dump,
                       const Analysis& analysis) {
  StoreContent content;
  content.heap = &dump.heap;
  content.text = dump.text.get();
  content.analysis = &analysis;
  content.drops = &dump.drops;
  content.texts = {{"heapq_version", HEAPQ_VERSION},
                   {"source", options.input},
                   {"format", dump.format}};
  if (!dump.header.empty()) content.texts.emplace_back("header", dump.header);
  content.numbers = {{"records", static_cast<int64_t>(dump.records)},
                     {"source_bytes", static_cast<int64_t>(dump.source_bytes)},
                     {"truncated", dump.truncated ? 1 : 0}};
  return content;
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
  summary.reachable = analysis.reachable_count;
  summary.reachable_size = analysis.reachable_size;
  summary.truncated = dump.truncated;
  summary.drops = dump.drops;
  return summary;
}

absl::StatusOr<LoadSummary> LoadOrThrow(const LoadOptions& options) {
  RETURN_IF_ERROR(MayReplace(options.output));
  ClearLeftovers(options.output);
  // Made first: a folder that can't be written to need not cost a long read.
  ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Make(options.output));

  ReadOptions read;
  read.strict = options.strict;
  read.spill_dir = FolderOf(options.output);
  const auto report = [&options](std::string_view stage, uint64_t done,
                                 uint64_t total) {
    return !options.progress || options.progress(stage, done, total);
  };
  read.progress = [&report](uint64_t done, uint64_t total) {
    return report("reading", done, total);
  };
  ASSIGN_OR_RETURN(const Dump dump, ReadDump(options.input, read));
  if (!report("analysing", 0, 0)) return absl::CancelledError("cancelled");
  ASSIGN_OR_RETURN(const Analysis analysis, Analyze(dump.heap));

  StoreOptions store;
  store.plain_inserts = options.plain_inserts;
  store.go_on = [&report] { return report("writing", 0, 0); };
  if (!store.go_on()) return absl::CancelledError("cancelled");
  RETURN_IF_ERROR(
      WriteStore(file.path(), ContentOf(options, dump, analysis), store));
  RETURN_IF_ERROR(file.PutInPlace(options.output));
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
