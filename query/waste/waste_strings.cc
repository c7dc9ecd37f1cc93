#include "query/waste/waste_strings.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/object_type.h"
#include "query/db/heap_scan.h"
#include "query/labels/object_label.h"

namespace heapq {
namespace {

// The unused bytes of a buffer of `capacity` bytes of which `used` are used;
// 0: it is at least half full, or too small.
uint64_t Room(uint64_t capacity, uint64_t used) {
  if (capacity / 2 < used) return 0;
  const uint64_t room = capacity - used;
  return room < kWasteLeastRoom ? 0 : room;
}

absl::StatusOr<std::string> TextOf(uint32_t id, HeapDb* db) {
  ASSIGN_OR_RETURN(Statement * text,
                   db->Cached("SELECT value FROM strings WHERE id = ?1"));
  text->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, text->Step());
  std::string value(found ? text->Text(0) : std::string_view());
  if (!value.empty()) return value;
  return ObjectLabeler(db).Property(id, "hash");
}

}  // namespace

void WasteStrings::Add(uint32_t id, uint8_t flags, uint64_t size) {
  is_string_[id] = true;
  uint32_t bits = 0;
  if ((flags & kTruncated) != 0) bits |= kHasTruncated;
  if ((flags & kFrozen) != 0) bits |= kIsFrozen;
  if ((flags & kFstring) != 0) bits |= kIsFstring;
  if ((flags & (kEscaped | kTruncated | kEmbedded | kShared)) != 0) {
    bits |= kRoomBit;
  }
  Text text;
  text.hash = 0;
  text.id = id;
  text.bits = bits & 15;
  text.size = sizes_.Pack(id, size) & PackedSizes::kLarge;
  texts_.push_back(text);
}

WasteStrings::Text* WasteStrings::At(uint32_t id, size_t* cursor) {
  while (*cursor < texts_.size() && texts_[*cursor].id < id) ++*cursor;
  if (*cursor == texts_.size() || texts_[*cursor].id != id) return nullptr;
  return &texts_[*cursor];
}

WasteStrings::Use* WasteStrings::UseBy(uint32_t sharer, size_t* cursor) {
  while (*cursor < uses_.size() && uses_[*cursor].sharer < sharer) ++*cursor;
  if (*cursor == uses_.size() || uses_[*cursor].sharer != sharer) {
    return nullptr;
  }
  return &uses_[*cursor];
}

absl::Status WasteStrings::ReadTexts(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TableScan> rows,
                   ScanTable(db, "strings", 2));
  size_t at = 0;
  size_t use_at = 0;
  size_t kept = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Next());
    if (!more) break;
    const auto id = static_cast<uint32_t>(rows->Int(0));
    // Symbols, numbers and regexps have a text as well.
    Text* const found = At(id, &at);
    if (found == nullptr) continue;
    Text text = *found;
    const std::string_view value = rows->Text(1);
    const bool whole = (text.bits & kHasTruncated) == 0;
    if (whole) text.hash = absl::HashOf(value);
    if (Use* const use = UseBy(id, &use_at); use != nullptr && whole) {
      use->length = value.size();
    }
    const bool unclear = (text.bits & kRoomBit) != 0;
    text.bits &= ~uint32_t{kRoomBit} & 15;
    const uint64_t size = SizeOf(text);
    if (!unclear && size > kWasteSlot) {
      const uint64_t room = Room(size - kWasteSlot, value.size() + 1);
      if (room > 0) {
        room_[id] = room;
        text.bits |= kRoomBit;
      }
    }
    // A string without a row in `strings` is dropped.
    texts_[kept++] = text;
    ++at;
  }
  texts_.resize(kept);
  return absl::OkStatus();
}

void WasteStrings::SetHash(uint32_t id, std::string_view hash) {
  Text* const text = At(id, &hash_cursor_);
  if (text == nullptr || (text->bits & kHasTruncated) == 0) return;
  text->hash = absl::HashOf(hash, true);
}

void WasteStrings::SetLength(uint32_t id, uint64_t length) {
  if (Use* const use = UseBy(id, &length_cursor_)) use->length = length;
}

// Buffers that only strings share which use less than half of them. Parts may
// overlap, so that the sum of their lengths is the most that is used.
absl::Status WasteStrings::JudgeRoots(WasteSink sink) {
  std::sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) {
    return std::tie(a.root, a.sharer) < std::tie(b.root, b.sharer);
  });
  size_t at = 0;
  std::vector<std::pair<uint32_t, uint64_t>> roots;  // with unused bytes
  for (size_t begin = 0; begin < uses_.size();) {
    const uint32_t root = uses_[begin].root;
    uint64_t used = 0;
    size_t end = begin;
    for (; end < uses_.size() && uses_[end].root == root; ++end) {
      const uint64_t length = uses_[end].length;
      used = length > kUnknown - used ? kUnknown : used + length;
    }
    begin = end;
    const Text* const text = held_[root] ? nullptr : At(root, &at);
    if (text == nullptr || SizeOf(*text) <= kWasteSlot) continue;
    const uint64_t room = Room(SizeOf(*text) - kWasteSlot, used);
    if (room > 0) roots.emplace_back(root, room);
  }
  // No string is reported twice.
  size_t next = 0;
  size_t kept = 0;
  for (const Text& text : texts_) {
    while (next < roots.size() && roots[next].first < text.id) ++next;
    if (next < roots.size() && roots[next].first == text.id) continue;
    texts_[kept++] = text;
  }
  texts_.resize(kept);
  for (const auto& [root, room] : roots) {
    RETURN_IF_ERROR(sink(kWasteSharedRoot, root, room));
  }
  return absl::OkStatus();
}

// The texts [begin, end) are the same.
absl::Status WasteStrings::JudgeRun(size_t begin, size_t end, WasteSink sink,
                                    Run* run) {
  // The copy that stays: one that Ruby shares already, else the first.
  size_t stays = begin;
  for (size_t i = begin; i < end; ++i) {
    if ((texts_[i].bits & kIsFstring) == 0) continue;
    stays = i;
    break;
  }
  run->id = texts_[begin].id;
  run->copies = end - begin;
  for (size_t i = begin; i < end; ++i) {
    const Text& text = texts_[i];
    if (i == stays) {
      if ((text.bits & kRoomBit) == 0) continue;
      RETURN_IF_ERROR(sink(kWasteRoom, text.id, room_[text.id]));
      continue;
    }
    const uint64_t size = SizeOf(text);
    run->bytes += size;
    RETURN_IF_ERROR(
        sink((text.bits & kIsFrozen) != 0 ? kWasteSameFrozen : kWasteDuplicate,
             text.id, size));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DuplicateString>> WasteStrings::Judge(
    HeapDb* db, WasteSink sink) {
  RETURN_IF_ERROR(JudgeRoots(sink));
  std::sort(texts_.begin(), texts_.end(), [](const Text& a, const Text& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.id < b.id;
  });
  const auto worse = [](const Run& a, const Run& b) {
    return std::tie(b.bytes, b.copies, a.id) <
           std::tie(a.bytes, a.copies, b.id);
  };
  std::vector<Run> runs;
  for (size_t begin = 0; begin < texts_.size();) {
    size_t end = begin + 1;
    // Without text and hash nothing is known.
    while (end < texts_.size() && texts_[begin].hash != 0 &&
           texts_[end].hash == texts_[begin].hash) {
      ++end;
    }
    Run run;
    RETURN_IF_ERROR(JudgeRun(begin, end, sink, &run));
    begin = end;
    if (run.copies == 1) continue;
    runs.push_back(run);
    if (runs.size() < 4 * kWasteMostKept) continue;
    std::nth_element(runs.begin(),
                     runs.begin() + static_cast<ptrdiff_t>(kWasteMostKept),
                     runs.end(), worse);
    runs.resize(kWasteMostKept);
  }
  std::sort(runs.begin(), runs.end(), worse);
  if (runs.size() > kWasteMostKept) runs.resize(kWasteMostKept);
  std::vector<DuplicateString> strings;
  for (const Run& run : runs) {
    DuplicateString string;
    ASSIGN_OR_RETURN(string.value, TextOf(run.id, db));
    string.copies = run.copies;
    string.bytes = run.bytes;
    strings.push_back(std::move(string));
  }
  return strings;
}

}  // namespace heapq
