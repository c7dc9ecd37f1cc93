#include "query/memory/memory_account.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"
#include "query/db/dump_header.h"

namespace heapq {
namespace {

constexpr uint64_t kUsualSlot = 40;  // bytes
constexpr std::string_view kUnsized = "memory.unsized.";
constexpr std::string_view kLeftOut = "memory.left_out.";

// Figures of one part of the account, by key. Missing and negative ones are 0.
class Figures {
 public:
  // Both must outlive it. `part`: "memory.resident.".
  Figures(const DumpHeader& header, std::string_view part)
      : header_(header), part_(part) {}

  bool Has(std::string_view key) const {
    return header_.Number(part_ + std::string(key)).has_value();
  }
  uint64_t operator[](std::string_view key) const {
    const int64_t value = header_.Number(part_ + std::string(key)).value_or(0);
    return value < 0 ? 0 : static_cast<uint64_t>(value);
  }

 private:
  const DumpHeader& header_;
  const std::string part_;
};

std::optional<MemoryAccount::Objects> ReadObjects(const Figures& figures) {
  if (!figures.Has("count")) return std::nullopt;
  return MemoryAccount::Objects{figures["count"], figures["slots"],
                                figures["owned"]};
}

std::optional<MemoryAccount::Resident> ReadResident(const Figures& figures) {
  if (!figures.Has("ruby_heap")) return std::nullopt;
  MemoryAccount::Resident resident;
  resident.ruby_heap = figures["ruby_heap"];
  resident.ruby_heap_in_malloc = figures["ruby_heap_in_malloc"];
  resident.thread_stacks = figures["thread_stacks"];
  resident.fiber_stacks = figures["fiber_stacks"];
  resident.main_heap = figures["main_heap"];
  resident.arenas = figures["arenas"];
  resident.code = figures["code"];
  resident.files = figures["files"];
  resident.shared = figures["shared"];
  resident.anonymous = figures["anonymous"];
  return resident;
}

absl::StatusOr<std::string> ClassName(HeapDb* db, int64_t address) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT c.name FROM objects o JOIN classes c ON c.id = o.id "
                 "WHERE o.address = ?1"));
  rows->Bind(1, address);
  ASSIGN_OR_RETURN(const bool found, rows->Step());
  return found ? std::string(rows->Text(0)) : std::string();
}

absl::Status ReadUnsized(HeapDb* db, const DumpHeader& header,
                         MemoryAccount* account) {
  for (const auto& [key, text] : header.memory()) {
    if (!absl::StartsWith(key, View(kUnsized))) continue;
    int64_t address = 0;
    MemoryAccount::Unsized unsized;
    if (!absl::SimpleAtoi(key.substr(kUnsized.size()), &address) ||
        !absl::SimpleAtoi(text, &unsized.count)) {
      continue;
    }
    ASSIGN_OR_RETURN(unsized.name, ClassName(db, address));
    unsized.library = std::string(
        header.Text(absl::StrCat("memory.unsized_libraries.", address)));
    if (!unsized.name.empty()) account->unsized.push_back(std::move(unsized));
  }
  std::stable_sort(
      account->unsized.begin(), account->unsized.end(),
      [](const auto& a, const auto& b) { return a.count > b.count; });
  return absl::OkStatus();
}

// Returns 301 for "3.1.2"; 0 if it is not a version.
int64_t VersionNumber(std::string_view version) {
  int64_t major = 0;
  int64_t minor = 0;
  const std::vector<std::string> parts = absl::StrSplit(View(version), '.');
  return parts.size() >= 2 && absl::SimpleAtoi(parts[0], &major) &&
                 absl::SimpleAtoi(parts[1], &minor)
             ? 100 * major + minor
             : 0;
}

// Counts the objects with their sizes in the dump, for an account without them.
absl::StatusOr<MemoryAccount::Objects> ObjectsOfDump(HeapDb* db) {
  const auto figure = [db](const char* key) -> absl::StatusOr<uint64_t> {
    ASSIGN_OR_RETURN(const int64_t value, db->MetaNumber(key));
    return value < 0 ? 0 : static_cast<uint64_t>(value);
  };
  MemoryAccount::Objects objects;
  ASSIGN_OR_RETURN(objects.count, figure("objects"));
  ASSIGN_OR_RETURN(const uint64_t size, figure("size"));
  objects.slots = std::min(size, objects.count * kUsualSlot);
  objects.owned = size - objects.slots;
  return objects;
}

}  // namespace

absl::StatusOr<std::optional<MemoryAccount>> ReadMemoryAccount(HeapDb* db) {
  ASSIGN_OR_RETURN(const DumpHeader header, ReadDumpHeader(db));
  const Figures process(header, "memory.");
  const Figures group(header, "memory.cgroup.");
  const Figures allocator(header, "memory.allocator.");
  const Figures pages(header, "memory.pages.");
  const Figures gc(header, "memory.gc_stat.");
  if (process["rss"] == 0) return std::nullopt;
  MemoryAccount account;
  account.rss = process["rss"];
  account.peak_rss = process["peak_rss"];
  account.swapped = process["swapped"];
  account.files = process["rss_files"];
  account.shared = process["rss_shared"];
  account.is_of_status_file = header.memory_is_of_status_file();
  account.group_used = group["used"];
  account.group_limit = group["limit"];
  account.resident = ReadResident(Figures(header, "memory.resident."));
  account.allocator = std::string(header.Text("memory.allocator.name"));
  account.arenas = allocator["arenas"];
  if (allocator.Has("in_use")) {
    account.malloc = {allocator["in_use"], allocator["mapped"],
                      allocator["resident"]};
  }
  account.ruby = VersionNumber(header.Text("ruby"));
  account.page_size = pages["size"];
  account.pages_found = pages["found"];
  account.pages_with_objects = pages["with_objects"];
  account.sparse_pages = pages["sparse"];
  account.pages_allocated = gc["heap_allocated_pages"];
  account.objects = ReadObjects(Figures(header, "memory.objects."));
  account.garbage = ReadObjects(Figures(header, "memory.garbage."));
  if (!account.objects) {
    ASSIGN_OR_RETURN(account.objects, ObjectsOfDump(db));
    account.objects_are_estimated = true;
  }
  RETURN_IF_ERROR(ReadUnsized(db, header, &account));
  for (const auto& [key, why] : header.memory()) {
    if (!absl::StartsWith(key, View(kLeftOut))) continue;
    account.left_out.push_back(
        absl::StrCat(key.substr(kLeftOut.size()), ": ", why));
  }
  return account;
}

}  // namespace heapq
