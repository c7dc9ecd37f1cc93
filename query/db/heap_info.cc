#include "query/db/heap_info.h"

#include <string_view>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr int64_t kDropsShown = 10;
constexpr std::string_view kDropped = "dropped_";

absl::Status ReadRoots(HeapDb* db, HeapInfo* info) {
  ASSIGN_OR_RETURN(Statement * rows,
                   db->Cached("SELECT category, count(*), max(weak) FROM roots "
                              "GROUP BY category ORDER BY category"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    info->roots.push_back({std::string(rows->Text(0)),
                           static_cast<uint64_t>(rows->Int(1)),
                           rows->Int(2) != 0});
  }
}

absl::Status ReadDrops(HeapDb* db, HeapInfo* info) {
  ASSIGN_OR_RETURN(Statement * totals,
                   db->Cached("SELECT key, value FROM meta WHERE key LIKE "
                              "'dropped\\_%' ESCAPE '\\' ORDER BY key"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, totals->Step());
    if (!row) break;
    info->drops.emplace_back(
        std::string(totals->Text(0).substr(kDropped.size())),
        static_cast<uint64_t>(totals->Int(1)));
  }
  ASSIGN_OR_RETURN(Statement * places,
                   db->Cached("SELECT reason, line, byte, detail FROM drops "
                              "ORDER BY n LIMIT ?1"));
  places->Bind(1, kDropsShown);
  while (true) {
    ASSIGN_OR_RETURN(const bool row, places->Step());
    if (!row) return absl::OkStatus();
    info->first_drops.push_back(
        {std::string(places->Text(0)), static_cast<uint64_t>(places->Int(1)),
         static_cast<uint64_t>(places->Int(2)), std::string(places->Text(3))});
  }
}

}  // namespace

absl::StatusOr<HeapInfo> ReadInfo(HeapDb* db) {
  HeapInfo info;
  ASSIGN_OR_RETURN(info.source, db->MetaText("source"));
  ASSIGN_OR_RETURN(info.format, db->MetaText("format"));
  ASSIGN_OR_RETURN(info.heapq_version, db->MetaText("heapq_version"));
  ASSIGN_OR_RETURN(info.header, ReadDumpHeader(db));
  const std::pair<const char*, uint64_t*> numbers[] = {
      {"source_bytes", &info.source_bytes},
      {"records", &info.records},
      {"objects", &info.objects},
      {"ghosts", &info.ghosts},
      {"edges", &info.edges},
      {"weak_edges", &info.weak_edges},
      {"size", &info.size},
      {"reachable", &info.reachable},
      {"reachable_size", &info.reachable_size}};
  for (const auto& [key, value] : numbers) {
    ASSIGN_OR_RETURN(const int64_t number, db->MetaNumber(key));
    *value = static_cast<uint64_t>(number);
  }
  ASSIGN_OR_RETURN(const int64_t truncated, db->MetaNumber("truncated"));
  info.truncated = truncated != 0;
  ASSIGN_OR_RETURN(const int64_t texts_cut, db->MetaNumber("texts_cut"));
  info.texts_cut = static_cast<uint64_t>(texts_cut);
  RETURN_IF_ERROR(ReadRoots(db, &info));
  RETURN_IF_ERROR(ReadDrops(db, &info));
  return info;
}

}  // namespace heapq
