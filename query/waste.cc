#include "query/waste.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/kept_waste.h"
#include "query/waste_owners.h"

namespace heapq {
namespace {

enum Kind : uint8_t {
  kDuplicate,
  kSameFrozen,
  kEmpty,
  kSingle,
  kSparse,
  kRoom,
  kBoxed,
  kKinds
};
struct KindText {
  const char* name;
  const char* fix;
};
constexpr std::array<KindText, kKinds> kTexts = {{
    {"duplicate strings",
     "share one: frozen string literals, String#-@, symbols"},
    {"identical frozen strings", "deduplicate with String#-@"},
    {"empty collections",
     "make them when the first element comes, or share a frozen empty one"},
    {"collections of one element",
     "keep the element itself until there is a second one"},
    {"sparse collections",
     "compact arrays that are mostly nil; copy hashes that have shrunk"},
    {"unused capacity", "build to size, or dup once it is full"},
    {"boxed numbers", "use small Integers, or pack numbers into a String"},
}};

constexpr char kNoFields[] =
    "this dump leaves nil and small Integers out: an array that is mostly nil "
    "is not found; a dump by heap_dump tells";

// A slot is the least that an object takes; what it has beyond is waste.
constexpr uint64_t kSlot = 40;
// Less than this in one object is not worth a line.
constexpr uint64_t kLeastRoom = 64;
constexpr uint64_t kLeastSparse = 16;  // elements
// As many rows as are kept for later, at least.
constexpr size_t kMostKept = 1000;

// Room in the table of a hash of more than eight pairs: an entry and its place
// in the index.
constexpr uint64_t kBytesPerPair = 28;
constexpr uint64_t kHashTable = 96;  // slot and header of the table

constexpr char kObjectsSql[] =
    "SELECT id, type, size, flags, class, parent FROM objects ORDER BY id";
constexpr char kEdgesSql[] = "SELECT src, dst, kind, label FROM edges";
constexpr char kFieldsSql[] =
    "SELECT src, value = 'nil' FROM fields WHERE kind IN (6, 8)";
// Arrays and hashes of a dump by ObjectSpace that the edges don't tell of.
constexpr char kLengthsSql[] =
    "SELECT f.src, f.value FROM fields f JOIN names n ON n.id = f.label AND "
    "n.text = 'length' WHERE f.kind = 100";
constexpr char kStringsSql[] = "SELECT id, value FROM strings ORDER BY id";
// Of strings whose text the dump does not have.
constexpr char kHashesSql[] =
    "SELECT f.src, f.value FROM fields f JOIN names n ON n.id = f.label AND "
    "n.text = 'hash' WHERE f.kind = 100 ORDER BY f.src";
class WasteFinder {
 public:
  explicit WasteFinder(HeapDb* db)
      : db_(*db),
        heap_(size_t{db->last_id()} + 1),
        elements_(size_t{db->last_id()} + 1),
        owners_of_(db, &heap_) {}

  absl::StatusOr<Waste> Find() {
    RETURN_IF_ERROR(ReadObjects());
    RETURN_IF_ERROR(ReadEdges());
    RETURN_IF_ERROR(TakeHashes());
    RETURN_IF_ERROR(FindDuplicates());
    RETURN_IF_ERROR(FindCollections());
    Collect();
    return std::move(waste_);
  }

 private:
  struct Total {
    uint64_t count = 0;
    uint64_t bytes = 0;
  };
  struct Text {
    uint64_t hash = 0;
    uint32_t id = 0;
    uint8_t flags = 0;
    uint64_t size = 0;
    uint64_t length = 0;
  };
  struct Collection {
    uint32_t id = 0;
    bool is_hash = false;
    uint64_t size = 0;
  };

  // One pass over objects and texts side by side.
  absl::Status ReadObjects() {
    ASSIGN_OR_RETURN(Statement * texts, db_.Cached(kStringsSql));
    ASSIGN_OR_RETURN(bool has_text, texts->Step());
    ASSIGN_OR_RETURN(Statement * objects, db_.Cached(kObjectsSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, objects->Step());
      if (!row) break;
      const auto id = static_cast<uint32_t>(objects->Int(0));
      const auto type = static_cast<ObjectType>(objects->Int(1));
      const auto size = static_cast<uint64_t>(objects->Int(2));
      const auto flags = static_cast<uint8_t>(objects->Int(3));
      if (id >= elements_.size()) break;
      heap_.type[id] = static_cast<uint8_t>(type);
      heap_.klass[id] = static_cast<uint32_t>(objects->Int(4));
      const auto parent = static_cast<uint64_t>(objects->Int(5));
      // A damaged file could name one that is not there.
      if (parent < elements_.size()) {
        heap_.parent[id] = static_cast<uint32_t>(parent);
      }
      if (type == ObjectType::kFloat || type == ObjectType::kBignum) {
        boxed_.emplace_back(id, size);
      } else if (type == ObjectType::kArray || type == ObjectType::kHash) {
        // A shared one takes no room of its own; Ruby's own have no class.
        if ((flags & kShared) == 0 && !objects->is_null(4)) {
          collections_.push_back({id, type == ObjectType::kHash, size});
        }
      } else if (type == ObjectType::kString) {
        while (has_text && texts->Int(0) < int64_t{id}) {
          ASSIGN_OR_RETURN(has_text, texts->Step());
        }
        if (!has_text || texts->Int(0) != int64_t{id}) continue;
        const std::string_view text = texts->Text(1);
        const uint64_t hash =
            (flags & kTruncated) != 0 ? 0 : absl::HashOf(text);
        texts_.push_back({hash, id, flags, size, text.size()});
      }
    }
    return absl::OkStatus();
  }

  // How each object is held, and how many elements collections have.
  absl::Status ReadEdges() {
    ASSIGN_OR_RETURN(Statement * edges, db_.Cached(kEdgesSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, edges->Step());
      if (!row) break;
      const auto src = static_cast<uint64_t>(edges->Int(0));
      const auto dst = static_cast<uint64_t>(edges->Int(1));
      if (src >= elements_.size() || dst >= elements_.size()) continue;
      const auto kind = static_cast<EdgeKind>(edges->Int(2));
      if (heap_.parent[dst] == src &&
          heap_.kind[dst] == HolderColumns::kNoEdge) {
        heap_.kind[dst] = static_cast<uint8_t>(kind);
        heap_.label[dst] = static_cast<uint32_t>(edges->Int(3));
      }
      // A pair has a key that is an object, or a value that says which.
      if (kind == EdgeKind::kIndex || kind == EdgeKind::kHashKey ||
          kind == EdgeKind::kHashValue) {
        ++elements_[src];
      }
    }
    if (!db_.has_fields()) return ReadLengths();
    ASSIGN_OR_RETURN(Statement * fields, db_.Cached(kFieldsSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, fields->Step());
      if (!row) return absl::OkStatus();
      const auto src = static_cast<uint64_t>(fields->Int(0));
      if (src >= elements_.size()) continue;
      ++elements_[src];
      if (fields->Int(1) != 0) ++nils_[static_cast<uint32_t>(src)];
    }
  }

  absl::Status ReadLengths() {
    for (uint32_t& count : elements_) {
      if (count == 0) count = kUnknownCount;
    }
    ASSIGN_OR_RETURN(Statement * lengths, db_.Cached(kLengthsSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, lengths->Step());
      if (!row) return absl::OkStatus();
      const auto src = static_cast<uint64_t>(lengths->Int(0));
      if (src >= elements_.size()) continue;
      uint32_t length = 0;
      const std::string_view text = lengths->Text(1);
      if (absl::SimpleAtoi(absl::string_view(text.data(), text.size()),
                           &length)) {
        elements_[src] = length;
      }
    }
  }

  // Texts that were left out of the dump are known by a hash of it.
  absl::Status TakeHashes() {
    if (std::none_of(texts_.begin(), texts_.end(), [](const Text& text) {
          return (text.flags & kTruncated) != 0;
        })) {
      return absl::OkStatus();
    }
    auto text = texts_.begin();
    ASSIGN_OR_RETURN(Statement * hashes, db_.Cached(kHashesSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, hashes->Step());
      if (!row) break;
      const auto id = static_cast<uint32_t>(hashes->Int(0));
      while (text != texts_.end() && text->id < id) ++text;
      if (text == texts_.end()) break;
      if (text->id == id) text->hash = absl::HashOf(hashes->Text(1), true);
    }
    return absl::OkStatus();
  }

  absl::Status FindDuplicates() {
    std::sort(texts_.begin(), texts_.end(), [](const Text& a, const Text& b) {
      return std::tie(a.hash, a.id) < std::tie(b.hash, b.id);
    });
    struct Run {
      uint32_t id = 0;
      uint64_t copies = 0;
      uint64_t bytes = 0;
    };
    std::vector<Run> runs;
    for (size_t begin = 0; begin < texts_.size();) {
      size_t end = begin + 1;
      while (end < texts_.size() && texts_[end].hash == texts_[begin].hash) {
        ++end;
      }
      // Without text and hash nothing is known.
      if (texts_[begin].hash == 0) end = begin + 1;
      // The copy that stays: one that Ruby shares already, else the first.
      size_t stays = begin;
      for (size_t i = begin; i < end; ++i) {
        if ((texts_[i].flags & kFstring) == 0) continue;
        stays = i;
        break;
      }
      Run run;
      run.id = texts_[begin].id;
      run.copies = end - begin;
      for (size_t i = begin; i < end; ++i) {
        const Text& text = texts_[i];
        if (i == stays) {
          RETURN_IF_ERROR(CountRoom(text));
          continue;
        }
        run.bytes += text.size;
        RETURN_IF_ERROR(
            Count((text.flags & kFrozen) != 0 ? kSameFrozen : kDuplicate,
                  text.id, text.size));
      }
      if (run.copies > 1) runs.push_back(run);
      begin = end;
    }
    texts_.clear();
    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
      return std::tie(b.bytes, b.copies, a.id) <
             std::tie(a.bytes, a.copies, b.id);
    });
    if (runs.size() > kMostKept) runs.resize(kMostKept);
    for (const Run& run : runs) {
      DuplicateString string;
      ASSIGN_OR_RETURN(string.value, TextOf(run.id));
      string.copies = run.copies;
      string.bytes = run.bytes;
      waste_.strings.push_back(std::move(string));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> TextOf(uint32_t id) {
    ASSIGN_OR_RETURN(Statement * text,
                     db_.Cached("SELECT value FROM strings WHERE id = ?1"));
    text->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool found, text->Step());
    std::string value(found ? text->Text(0) : std::string_view());
    if (!value.empty()) return value;
    return Describer(&db_).Property(id, "hash");
  }

  // More than half of the buffer is empty.
  absl::Status CountRoom(const Text& text) {
    constexpr uint8_t kUnclear = kEscaped | kTruncated | kEmbedded | kShared;
    if ((text.flags & kUnclear) != 0 || text.size <= kSlot) {
      return absl::OkStatus();
    }
    const uint64_t capacity = text.size - kSlot;
    if (capacity < 2 * (text.length + 1)) return absl::OkStatus();
    const uint64_t room = capacity - text.length - 1;
    return room < kLeastRoom ? absl::OkStatus() : Count(kRoom, text.id, room);
  }

  absl::Status FindCollections() {
    for (const auto& [id, size] : boxed_) {
      RETURN_IF_ERROR(Count(kBoxed, id, size));
    }
    for (const Collection& collection : collections_) {
      if (elements_[collection.id] == kUnknownCount) continue;
      RETURN_IF_ERROR(collection.is_hash ? JudgeHash(collection)
                                         : JudgeArray(collection));
    }
    return absl::OkStatus();
  }

  // What holds for arrays and hashes alike; true: there is no more to say.
  absl::StatusOr<bool> JudgeFew(const Collection& collection, uint64_t count) {
    if (count > 1) return false;
    if (count == 0) {
      RETURN_IF_ERROR(Count(kEmpty, collection.id, collection.size));
    } else if (collection.size > kSlot) {
      RETURN_IF_ERROR(Count(kSingle, collection.id, collection.size - kSlot));
    }
    return true;
  }

  absl::Status JudgeArray(const Collection& array) {
    const uint64_t length = elements_[array.id];
    ASSIGN_OR_RETURN(const bool few, JudgeFew(array, length));
    if (few) return absl::OkStatus();
    const auto nils = nils_.find(array.id);
    const uint64_t used = nils == nils_.end() ? length : length - nils->second;
    constexpr uint64_t kElement = 8;
    if (length >= kLeastSparse && used < length / 4) {
      return Count(kSparse, array.id, (length - used) * kElement);
    }
    const uint64_t capacity =
        array.size <= kSlot ? 0 : (array.size - kSlot) / kElement;
    if (capacity < 2 * length) return absl::OkStatus();
    const uint64_t room = (capacity - length) * kElement;
    return room < kLeastRoom ? absl::OkStatus() : Count(kRoom, array.id, room);
  }

  absl::Status JudgeHash(const Collection& hash) {
    const uint64_t pairs = elements_[hash.id];
    ASSIGN_OR_RETURN(const bool few, JudgeFew(hash, pairs));
    if (few) return absl::OkStatus();
    // Tables grow by doubling: one that was never larger has less than half
    // of its room left.
    uint64_t room_for = 8;
    while (room_for < pairs) room_for *= 2;
    const uint64_t needed = kHashTable + 2 * room_for * kBytesPerPair;
    if (hash.size <= needed) return absl::OkStatus();
    return Count(kSparse, hash.id, hash.size - needed);
  }

  absl::Status Count(Kind kind, uint32_t id, uint64_t bytes) {
    ++kinds_[kind].count;
    kinds_[kind].bytes += bytes;
    ASSIGN_OR_RETURN(const std::string owner, owners_of_.OwnerOf(id));
    Total& total = owners_[{owner, kind}];
    ++total.count;
    total.bytes += bytes;
    return absl::OkStatus();
  }

  void Collect() {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      const Total& total = kinds_[kind];
      if (total.count == 0) continue;
      waste_.kinds.push_back(
          {kTexts[kind].name, kTexts[kind].fix, total.count, total.bytes});
      waste_.bytes += total.bytes;
    }
    std::stable_sort(waste_.kinds.begin(), waste_.kinds.end(),
                     [](const WasteKind& a, const WasteKind& b) {
                       return a.bytes > b.bytes;
                     });
    for (const auto& [key, total] : owners_) {
      const KindText& text = kTexts[key.second];
      waste_.owners.push_back(
          {key.first, text.name, total.count, total.bytes, text.fix});
    }
    std::stable_sort(waste_.owners.begin(), waste_.owners.end(),
                     [](const WasteOwner& a, const WasteOwner& b) {
                       return std::tie(a.bytes, a.count) >
                              std::tie(b.bytes, b.count);
                     });
    if (waste_.owners.size() > kMostKept) waste_.owners.resize(kMostKept);
  }

  HeapDb& db_;
  HolderColumns heap_;
  // Of arrays and hashes, by id.
  static constexpr uint32_t kUnknownCount = ~uint32_t{0};
  std::vector<uint32_t> elements_;
  absl::flat_hash_map<uint32_t, uint32_t> nils_;  // of arrays: how many of them
  WasteOwners owners_of_;
  Waste waste_;
  std::vector<Text> texts_;
  std::vector<Collection> collections_;
  std::vector<std::pair<uint32_t, uint64_t>> boxed_;  // ids and sizes
  std::array<Total, kKinds> kinds_;
  std::map<std::pair<std::string, Kind>, Total> owners_;
};

}  // namespace

absl::StatusOr<Waste> FindWaste(HeapDb* db, size_t limit) {
  ASSIGN_OR_RETURN(std::optional<Waste> waste, ReadKeptWaste(db));
  if (!waste.has_value()) {
    ASSIGN_OR_RETURN(waste, WasteFinder(db).Find());
    KeepWaste(*waste, db);
  }
  if (!db->has_fields()) waste->notes.emplace_back(kNoFields);
  if (waste->strings.size() > limit) waste->strings.resize(limit);
  if (waste->owners.size() > limit) waste->owners.resize(limit);
  return *std::move(waste);
}

}  // namespace heapq
