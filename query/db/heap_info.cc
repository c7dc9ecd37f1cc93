#include "query/db/heap_info.h"

#include <yajl/yajl_tree.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr int64_t kDropsShown = 10;
constexpr std::string_view kDropped = "dropped_";

// The text of a scalar; "" for anything else.
std::string ScalarText(yajl_val value) {
  if (YAJL_IS_STRING(value)) return YAJL_GET_STRING(value);
  if (YAJL_IS_NUMBER(value)) return YAJL_GET_NUMBER(value);
  if (YAJL_IS_TRUE(value)) return "true";
  if (YAJL_IS_FALSE(value)) return "false";
  return {};
}

// "a, b, c" for a list of scalars.
std::string ListText(yajl_val value) {
  std::string text;
  for (size_t i = 0; i < YAJL_GET_ARRAY(value)->len; ++i) {
    const std::string item = ScalarText(YAJL_GET_ARRAY(value)->values[i]);
    if (item.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", item);
  }
  return text;
}

void AddFacts(yajl_val map, const std::string& prefix, bool deeper,
              HeapInfo* info) {
  for (size_t i = 0; i < YAJL_GET_OBJECT(map)->len; ++i) {
    const std::string key = prefix + YAJL_GET_OBJECT(map)->keys[i];
    const yajl_val value = YAJL_GET_OBJECT(map)->values[i];
    if (key == "id" || key == "format" || key == "version") continue;
    if (YAJL_IS_OBJECT(value)) {
      if (deeper) AddFacts(value, key + ".", false, info);
      continue;
    }
    std::string text =
        YAJL_IS_ARRAY(value) ? ListText(value) : ScalarText(value);
    if (!text.empty()) info->header_facts.emplace_back(key, std::move(text));
  }
}

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
  ASSIGN_OR_RETURN(info.header, db->MetaText("header"));
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
  if (!info.header.empty()) {
    const std::unique_ptr<yajl_val_s, void (*)(yajl_val)> tree(
        yajl_tree_parse(info.header.c_str(), nullptr, 0), yajl_tree_free);
    if (tree != nullptr && YAJL_IS_OBJECT(tree.get())) {
      AddFacts(tree.get(), "", true, &info);
    }
  }
  RETURN_IF_ERROR(ReadRoots(db, &info));
  RETURN_IF_ERROR(ReadDrops(db, &info));
  return info;
}

absl::StatusOr<std::optional<absl::Time>> DumpTime(HeapDb* db) {
  ASSIGN_OR_RETURN(const HeapInfo info, ReadInfo(db));
  for (const auto& [key, value] : info.header_facts) {
    absl::Time time;
    std::string error;
    if (key == "time" &&
        absl::ParseTime(absl::RFC3339_full, value, &time, &error)) {
      return time;
    }
  }
  return std::nullopt;
}

absl::StatusOr<double> MinutesBetween(HeapDb* before, HeapDb* after) {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> from, DumpTime(before));
  ASSIGN_OR_RETURN(const std::optional<absl::Time> to, DumpTime(after));
  if (!from.has_value() || !to.has_value() || *to <= *from) return 0.0;
  return absl::ToDoubleMinutes(*to - *from);
}

}  // namespace heapq
