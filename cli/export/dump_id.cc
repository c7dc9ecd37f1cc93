#include "cli/export/dump_id.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"

namespace heapq {

absl::StatusOr<DumpKey> ReadDumpKey(HeapDb* db, const ExportOptions& options) {
  DumpKey key;
  ASSIGN_OR_RETURN(key.info, ReadInfo(db));
  const DumpHeader& header = key.info.header;
  key.host = options.host.empty() ? header.Text("host") : options.host;
  key.app = options.app.empty() ? header.Text("app") : options.app;
  key.ruby = header.Text("ruby");
  const std::string_view taken = header.Text("time");
  if (!absl::SimpleAtoi(View(header.Text("pid")), &key.pid)) key.pid = 0;
  // Kept within what every engine takes for a process id.
  key.pid = std::min<uint64_t>(key.pid, INT64_MAX);
  const std::optional<absl::Time> time = header.time();
  // Years of four digits: every engine takes these.
  if (time.has_value() && taken.size() > 4 && taken[4] == '-') {
    key.time =
        absl::FormatTime("%Y-%m-%d %H:%M:%S", *time, absl::UTCTimeZone());
    key.milliseconds =
        static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixMillis(*time)));
  }
  const std::string text = absl::StrCat(
      key.host, "\n", key.app, "\n", key.pid, "\n", View(taken), "\n",
      key.info.source_bytes, "\n", key.info.objects, "\n", key.info.edges, "\n",
      key.info.weak_edges, "\n", key.info.size, "\n", key.info.reachable_size);
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, the same everywhere
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  key.dump = hash >> 1;
  return key;
}

absl::StatusOr<std::vector<TypeCount>> TypesByName(HeapDb* db) {
  ASSIGN_OR_RETURN(TopTypes types,
                   FindTopTypes(db, TypeOrder::kCount, UINT32_MAX));
  std::vector<TypeCount> rows;
  std::map<std::string, size_t> places;
  for (TypeCount& type : types.rows) {
    const auto [at, is_new] = places.try_emplace(type.name, rows.size());
    if (is_new) {
      rows.push_back(std::move(type));
      continue;
    }
    TypeCount& row = rows[at->second];
    row.count += type.count;
    row.size += type.size;
    if (type.retained.has_value()) {
      row.retained = row.retained.value_or(0) + *type.retained;
    }
  }
  return rows;
}

}  // namespace heapq
