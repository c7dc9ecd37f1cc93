#include "query/db/dump_header.h"

#include <yajl/yajl_tree.h>

#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"

namespace heapq {
namespace {

using Facts = DumpHeader::Facts;

// Maps within maps that are looked into, below the header.
constexpr int kFactsDepth = 1;
constexpr int kMemoryDepth = 2;
constexpr char kMemory[] = "memory";

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

void AddFacts(yajl_val map, const std::string& prefix, int depth,
              Facts* facts) {
  for (size_t i = 0; i < YAJL_GET_OBJECT(map)->len; ++i) {
    const std::string key = prefix + YAJL_GET_OBJECT(map)->keys[i];
    const yajl_val value = YAJL_GET_OBJECT(map)->values[i];
    if (key == "id" || key == "format" || key == "version") continue;
    if (YAJL_IS_OBJECT(value)) {
      if (depth > 0 && key != kMemory) {
        AddFacts(value, key + ".", depth - 1, facts);
      }
      continue;
    }
    std::string text =
        YAJL_IS_ARRAY(value) ? ListText(value) : ScalarText(value);
    if (!text.empty()) facts->emplace_back(key, std::move(text));
  }
}

using Tree = std::unique_ptr<yajl_val_s, void (*)(yajl_val)>;

// The object that `json` is; null if it is not one.
Tree Parse(const std::string& json) {
  Tree tree(json.empty() ? nullptr : yajl_tree_parse(json.c_str(), nullptr, 0),
            yajl_tree_free);
  if (!YAJL_IS_OBJECT(tree.get())) tree.reset();
  return tree;
}

void AddMemory(const Tree& tree, Facts* facts) {
  if (tree == nullptr) return;
  const char* path[] = {kMemory, nullptr};
  const yajl_val memory = yajl_tree_get(tree.get(), path, yajl_t_object);
  if (memory == nullptr) return;
  AddFacts(memory, absl::StrCat(kMemory, "."), kMemoryDepth, facts);
}

}  // namespace

DumpHeader::DumpHeader(const std::string& json, const std::string& status) {
  const Tree header = Parse(json);
  if (header != nullptr) AddFacts(header.get(), "", kFactsDepth, &facts_);
  AddMemory(header, &memory_);
  if (!memory_.empty()) return;
  AddMemory(Parse(status), &memory_);
  memory_is_of_status_file_ = !memory_.empty();
}

std::string_view DumpHeader::Text(std::string_view key) const {
  for (const Facts* facts : {&facts_, &memory_}) {
    for (const auto& [name, text] : *facts) {
      if (name == key) return text;
    }
  }
  return {};
}

std::optional<int64_t> DumpHeader::Number(std::string_view key) const {
  int64_t number = 0;
  if (!absl::SimpleAtoi(View(Text(key)), &number)) return std::nullopt;
  return number;
}

std::optional<absl::Time> DumpHeader::time() const {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, View(Text("time")), &time, &error)) {
    return std::nullopt;
  }
  return time;
}

absl::StatusOr<DumpHeader> ReadDumpHeader(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::string json, db->MetaText("header"));
  ASSIGN_OR_RETURN(const std::string status, db->MetaText("status"));
  return DumpHeader(json, status);
}

absl::StatusOr<double> MinutesBetween(HeapDb* before, HeapDb* after) {
  ASSIGN_OR_RETURN(const DumpHeader first, ReadDumpHeader(before));
  ASSIGN_OR_RETURN(const DumpHeader second, ReadDumpHeader(after));
  const std::optional<absl::Time> from = first.time();
  const std::optional<absl::Time> to = second.time();
  if (!from.has_value() || !to.has_value() || *to <= *from) return 0.0;
  return absl::ToDoubleMinutes(*to - *from);
}

}  // namespace heapq
