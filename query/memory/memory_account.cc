#include "query/memory/memory_account.h"

#include <yajl/yajl_tree.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

using Tree = std::unique_ptr<yajl_val_s, decltype(&yajl_tree_free)>;

yajl_val Find(yajl_val map, std::initializer_list<const char*> path,
              yajl_type type) {
  std::vector<const char*> keys(path);
  keys.push_back(nullptr);
  return yajl_tree_get(map, keys.data(), type);
}

// 0 for what is missing, and for what no number of bytes can be.
uint64_t Number(yajl_val map, std::initializer_list<const char*> path) {
  const yajl_val value = Find(map, path, yajl_t_number);
  if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0) return 0;
  return static_cast<uint64_t>(YAJL_GET_INTEGER(value));
}

std::optional<MemoryAccount::Objects> ReadObjects(yajl_val memory,
                                                  const char* key) {
  if (Find(memory, {key}, yajl_t_object) == nullptr) return std::nullopt;
  return MemoryAccount::Objects{Number(memory, {key, "count"}),
                                Number(memory, {key, "slots"}),
                                Number(memory, {key, "owned"})};
}

std::optional<MemoryAccount::Resident> ReadResident(yajl_val memory) {
  if (Find(memory, {"resident"}, yajl_t_object) == nullptr) return std::nullopt;
  const auto number = [memory](const char* key) {
    return Number(memory, {"resident", key});
  };
  MemoryAccount::Resident resident;
  resident.ruby_heap = number("ruby_heap");
  resident.ruby_heap_in_malloc = number("ruby_heap_in_malloc");
  resident.thread_stacks = number("thread_stacks");
  resident.fiber_stacks = number("fiber_stacks");
  resident.main_heap = number("main_heap");
  resident.arenas = number("arenas");
  resident.code = number("code");
  resident.files = number("files");
  resident.shared = number("shared");
  resident.anonymous = number("anonymous");
  return resident;
}

void ReadMalloc(yajl_val memory, MemoryAccount* account) {
  const yajl_val name = Find(memory, {"allocator", "name"}, yajl_t_string);
  account->allocator = name == nullptr ? "unknown" : YAJL_GET_STRING(name);
  account->arenas = Number(memory, {"allocator", "arenas"});
  if (Find(memory, {"allocator", "in_use"}, yajl_t_number) == nullptr) return;
  const auto number = [memory](const char* key) {
    return Number(memory, {"allocator", key});
  };
  account->malloc = {number("in_use"), number("mapped"), number("top"),
                     number("resident")};
}

absl::StatusOr<std::string> ClassName(HeapDb* db, uint64_t address) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT c.name FROM objects o JOIN classes c ON c.id = o.id "
                 "WHERE o.address = ?1"));
  rows->Bind(1, static_cast<int64_t>(address));
  ASSIGN_OR_RETURN(const bool found, rows->Step());
  return found ? std::string(rows->Text(0)) : std::string();
}

absl::Status ReadUnsized(HeapDb* db, yajl_val memory, MemoryAccount* account) {
  const yajl_val list = Find(memory, {"unsized"}, yajl_t_array);
  if (list == nullptr) return absl::OkStatus();
  for (size_t i = 0; i < YAJL_GET_ARRAY(list)->len; ++i) {
    const yajl_val each = YAJL_GET_ARRAY(list)->values[i];
    MemoryAccount::Unsized unsized{"", Number(each, {"count"})};
    ASSIGN_OR_RETURN(unsized.name, ClassName(db, Number(each, {"class"})));
    const yajl_val type = Find(each, {"type"}, yajl_t_string);
    if (unsized.name.empty() && type != nullptr) {
      unsized.name = YAJL_GET_STRING(type);
    }
    if (!unsized.name.empty()) account->unsized.push_back(std::move(unsized));
  }
  std::stable_sort(
      account->unsized.begin(), account->unsized.end(),
      [](const auto& a, const auto& b) { return a.count > b.count; });
  return absl::OkStatus();
}

void ReadLeftOut(yajl_val memory, MemoryAccount* account) {
  const yajl_val map = Find(memory, {"left_out"}, yajl_t_object);
  if (map == nullptr) return;
  for (size_t i = 0; i < YAJL_GET_OBJECT(map)->len; ++i) {
    const yajl_val why = YAJL_GET_OBJECT(map)->values[i];
    if (!YAJL_IS_STRING(why)) continue;
    account->left_out.push_back(absl::StrCat(YAJL_GET_OBJECT(map)->keys[i],
                                             ": ", YAJL_GET_STRING(why)));
  }
}

}  // namespace

absl::StatusOr<std::optional<MemoryAccount>> ReadMemoryAccount(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::string header, db->MetaText("header"));
  const Tree tree(yajl_tree_parse(header.c_str(), nullptr, 0), yajl_tree_free);
  const yajl_val memory =
      tree == nullptr ? nullptr : Find(tree.get(), {"memory"}, yajl_t_object);
  if (memory == nullptr || Number(memory, {"rss"}) == 0) return std::nullopt;
  MemoryAccount account;
  account.rss = Number(memory, {"rss"});
  account.peak_rss = Number(memory, {"peak_rss"});
  account.swapped = Number(memory, {"swapped"});
  account.threads = Number(memory, {"threads"});
  account.age_seconds = Number(memory, {"age_s"});
  account.group_used = Number(memory, {"cgroup", "used"});
  account.group_limit = Number(memory, {"cgroup", "limit"});
  account.resident = ReadResident(memory);
  ReadMalloc(memory, &account);
  account.page_size = Number(memory, {"pages", "size"});
  account.pages_with_objects = Number(memory, {"pages", "with_objects"});
  account.pages_found = Number(memory, {"pages", "found"});
  account.sparse_pages = Number(memory, {"pages", "sparse"});
  account.pages_allocated = Number(memory, {"gc_stat", "heap_allocated_pages"});
  account.objects = ReadObjects(memory, "objects");
  account.garbage = ReadObjects(memory, "garbage");
  RETURN_IF_ERROR(ReadUnsized(db, memory, &account));
  ReadLeftOut(memory, &account);
  return account;
}

}  // namespace heapq
