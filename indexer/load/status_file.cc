#include "indexer/load/status_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"

namespace heapq {
namespace {

// The smaps of a process with 65,530 mappings, the usual limit, has 60 MB.
constexpr size_t kMaxSize = 256 << 20;
// More than any machine has; sums of lines stay below 2^64.
constexpr uint64_t kMaxKilobytes = uint64_t{1} << 40;

constexpr char kRemedy[] =
    "save one while the process runs, as its user: cat /proc/PID/smaps_rollup "
    "> FILE";

absl::Status Error(const std::string& name, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": ", std::string(what), "; ", kRemedy));
}

// Sums of the lines "Rss:   1234 kB" by key, in bytes; of "Threads: 5" the
// number.
class Fields {
 public:
  // False if a line that is looked for has no number.
  bool Add(absl::string_view line) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view key = absl::StripAsciiWhitespace(parts.first);
    if (!IsOurs(key)) return true;
    absl::string_view value = absl::StripAsciiWhitespace(parts.second);
    const bool kilobytes = absl::ConsumeSuffix(&value, "kB");
    uint64_t number = 0;
    if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(value), &number) ||
        number > kMaxKilobytes || kilobytes != (key != "Threads")) {
      return false;
    }
    bytes_[std::string(key)] += kilobytes ? number << 10 : number;
    return true;
  }

  std::optional<uint64_t> Of(const std::string& key) const {
    const auto found = bytes_.find(key);
    if (found == bytes_.end()) return std::nullopt;
    return found->second;
  }

 private:
  static bool IsOurs(absl::string_view key) {
    for (const char* each :
         {"Rss", "Anonymous", "Swap", "VmRSS", "VmHWM", "RssAnon", "RssFile",
          "RssShmem", "VmSwap", "Threads"}) {
      if (key == each) return true;
    }
    return false;
  }

  std::map<std::string, uint64_t> bytes_;
};

class MemoryText {
 public:
  void Add(const char* key, const std::optional<uint64_t>& value) {
    if (!value) return;
    absl::StrAppend(&text_, text_.empty() ? "" : ",", "\"", key, "\":", *value);
  }
  std::string Finish() const {
    return absl::StrCat("{\"memory\":{", text_, "}}");
  }

 private:
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> ParseStatus(const std::string& name,
                                        std::string_view text) {
  if (text.empty()) {
    return Error(name, "is empty (the kernel refuses other users)");
  }
  Fields fields;
  for (const absl::string_view line : absl::StrSplit(View(text), '\n')) {
    if (!fields.Add(line)) {
      return Error(name,
                   absl::StrCat("the line \"", std::string(line.substr(0, 60)),
                                "\" is damaged"));
    }
  }
  MemoryText memory;
  if (fields.Of("VmRSS")) {
    // "Threads" comes after all of them.
    if (!fields.Of("Threads")) return Error(name, "is cut before \"Threads\"");
    memory.Add("rss", fields.Of("VmRSS"));
    memory.Add("peak_rss", fields.Of("VmHWM"));
    memory.Add("rss_anonymous", fields.Of("RssAnon"));
    memory.Add("rss_files", fields.Of("RssFile"));
    memory.Add("rss_shared", fields.Of("RssShmem"));
    memory.Add("swapped", fields.Of("VmSwap"));
    memory.Add("threads", fields.Of("Threads"));
    return memory.Finish();
  }
  if (!fields.Of("Rss")) {
    return Error(name,
                 "is not a copy of /proc/PID/smaps_rollup or /proc/PID/status");
  }
  const std::optional<uint64_t> anonymous = fields.Of("Anonymous");
  if (!anonymous || !fields.Of("Swap")) {
    return Error(name, "is cut before \"Swap\"");
  }
  const uint64_t rss = *fields.Of("Rss");
  if (rss == 0 || *anonymous > rss) {
    return Error(name, "has figures that contradict each other");
  }
  memory.Add("rss", rss);
  memory.Add("rss_anonymous", anonymous);
  memory.Add("rss_files", rss - *anonymous);
  memory.Add("swapped", fields.Of("Swap"));
  return memory.Finish();
}

absl::StatusOr<std::string> ReadStatusFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path, ": cannot be opened (", std::strerror(errno), "); ", kRemedy));
  }
  std::string text;
  std::vector<char> piece(1 << 20);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())),
         file.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(file.gcount()));
    if (text.size() > kMaxSize) return Error(path, "is larger than any such");
  }
  if (file.bad()) return Error(path, "cannot be read");
  return ParseStatus(path, text);
}

}  // namespace heapq
