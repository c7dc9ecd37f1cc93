#include "query/waste/waste.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_scan.h"
#include "query/waste/waste_cache.h"
#include "query/waste/waste_collections.h"
#include "query/waste/waste_holders.h"
#include "query/waste/waste_kinds.h"
#include "query/waste/waste_strings.h"

namespace heapq {
namespace {

struct KindText {
  const char* name;
  const char* fix;
};
constexpr std::array<KindText, kWasteKinds> kTexts = {{
    {"duplicate strings",
     "share one: frozen string literals, String#-@, symbols"},
    {"identical frozen strings", "deduplicate with String#-@"},
    {"large strings kept by short parts",
     "copy the part that is kept: +\"\" << part"},
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
    "is not found; a dump by heap_dump shows it";

constexpr char kNoLengths[] =
    "this dump has no length of strings that share a buffer: large strings "
    "kept "
    "by short parts are not found; a dump by heap_dump shows them";

// Reads the tables one after the other from end to end.
class WasteFinder {
 public:
  explicit WasteFinder(HeapDb* db)
      : db_(*db),
        heap_(size_t{db->last_id()} + 1),
        strings_(size_t{db->last_id()} + 1),
        owners_of_(db, &heap_) {}

  absl::StatusOr<Waste> Find() {
    RETURN_IF_ERROR(Reserve());
    RETURN_IF_ERROR(ReadObjects());
    RETURN_IF_ERROR(ReadEdges());
    RETURN_IF_ERROR(ReadRoots());
    RETURN_IF_ERROR(strings_.ReadTexts(&db_));
    RETURN_IF_ERROR(ReadFields());
    const auto count = [this](WasteKindId kind, uint32_t id, uint64_t bytes) {
      return Count(kind, id, bytes);
    };
    for (const auto& [id, size] : boxed_) {
      RETURN_IF_ERROR(Count(kWasteBoxed, id, size));
    }
    RETURN_IF_ERROR(collections_.Judge(count));
    ASSIGN_OR_RETURN(waste_.strings, strings_.Judge(&db_, count));
    Collect();
    return std::move(waste_);
  }

 private:
  struct Total {
    uint64_t count = 0;
    uint64_t bytes = 0;
  };

  absl::StatusOr<std::unique_ptr<TableScan>> Scan(const char* table,
                                                  int columns) {
    return ScanTable(&db_, table, columns);
  }

  // Growing would take twice the memory for a moment.
  absl::Status Reserve() {
    ASSIGN_OR_RETURN(Statement * types,
                     db_.Cached("SELECT type, count FROM types"));
    size_t collections = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool row, types->Step());
      if (!row) break;
      const auto type = static_cast<ObjectType>(types->Int(0));
      const size_t count = std::min(static_cast<uint64_t>(types->Int(1)),
                                    uint64_t{db_.object_count()});
      if (type == ObjectType::kString) strings_.Reserve(count);
      if (type == ObjectType::kArray || type == ObjectType::kHash) {
        collections += count;
      }
    }
    collections_.Reserve(std::min(collections, size_t{db_.object_count()}));
    return absl::OkStatus();
  }

  absl::Status ReadObjects() {
    ASSIGN_OR_RETURN(const int64_t iseq, NumberOf("iseq"));
    ASSIGN_OR_RETURN(const auto objects, Scan("objects", 12));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, objects->Next());
      if (!row) return absl::OkStatus();
      const auto number = static_cast<uint64_t>(objects->Int(0));
      // A damaged file could name one that is not there.
      if (number >= heap_.type.size()) return absl::OkStatus();
      const auto id = static_cast<uint32_t>(number);
      const auto type = static_cast<ObjectType>(objects->Int(2));
      const auto size = static_cast<uint64_t>(objects->Int(5));
      const auto flags = static_cast<uint8_t>(objects->Int(6));
      heap_.type[id] = static_cast<uint8_t>(type);
      heap_.klass[id] = static_cast<uint32_t>(objects->Int(4));
      heap_.is_iseq[id] = type == ObjectType::kImemo && objects->Int(3) == iseq;
      const auto parent = static_cast<uint64_t>(objects->Int(11));
      if (parent < heap_.type.size()) {
        heap_.parent[id] = static_cast<uint32_t>(parent);
      }
      if (type == ObjectType::kFloat || type == ObjectType::kBignum) {
        boxed_.emplace_back(id, size);
      } else if (type == ObjectType::kArray || type == ObjectType::kHash) {
        // A shared one takes no room of its own; Ruby's own have no class.
        if ((flags & kShared) == 0 && !objects->is_null(4)) {
          collections_.Add(id, type == ObjectType::kHash, size);
        }
      } else if (type == ObjectType::kString) {
        strings_.Add(id, flags, size);
      }
    }
  }

  // How each object is held, and how many elements collections have.
  absl::Status ReadEdges() {
    ASSIGN_OR_RETURN(const auto edges, Scan("edges", 5));
    ASSIGN_OR_RETURN(const int64_t shared_root, NumberOf("shared_root"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, edges->Next());
      if (!row) return absl::OkStatus();
      const auto src = static_cast<uint64_t>(edges->Int(0));
      const auto dst = static_cast<uint64_t>(edges->Int(2));
      if (src >= heap_.type.size() || dst >= heap_.type.size()) continue;
      const auto from = static_cast<uint32_t>(src);
      const auto to = static_cast<uint32_t>(dst);
      const auto kind = static_cast<EdgeKind>(edges->Int(3));
      if (heap_.parent[to] == from &&
          heap_.kind[to] == HolderColumns::kNoEdge) {
        heap_.kind[to] = static_cast<uint8_t>(kind);
        heap_.label[to] = static_cast<uint32_t>(edges->Int(4));
      }
      // A pair has a key that is an object, or a value that says which.
      if (kind == EdgeKind::kIndex || kind == EdgeKind::kHashKey ||
          kind == EdgeKind::kHashValue) {
        collections_.AddElement(from);
      }
      strings_.AddEdge(from, to,
                       kind == EdgeKind::kPart && edges->Int(4) == shared_root);
    }
  }

  absl::Status ReadRoots() {
    ASSIGN_OR_RETURN(Statement * roots,
                     db_.Cached("SELECT dst FROM roots WHERE NOT weak"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, roots->Step());
      if (!row) return absl::OkStatus();
      const auto dst = static_cast<uint64_t>(roots->Int(0));
      if (dst < heap_.type.size()) {
        strings_.AddRoot(static_cast<uint32_t>(dst));
      }
    }
  }

  // The number of a name; -1: nothing has it.
  absl::StatusOr<int64_t> NumberOf(std::string_view name) {
    ASSIGN_OR_RETURN(Statement * row,
                     db_.Cached("SELECT id FROM names WHERE text = ?1"));
    row->Bind(1, name);
    ASSIGN_OR_RETURN(const bool found, row->Step());
    const int64_t number = found ? row->Int(0) : -1;
    row->Reset();
    return number;
  }

  // Elements that are no references, lengths, and hashes of texts.
  absl::Status ReadFields() {
    if (!db_.has_fields()) collections_.ForgetEmpty();
    ASSIGN_OR_RETURN(const int64_t length, NumberOf("length"));
    ASSIGN_OR_RETURN(const int64_t hash, NumberOf("hash"));
    ASSIGN_OR_RETURN(const auto fields, Scan("fields", 6));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, fields->Next());
      if (!row) return absl::OkStatus();
      const auto src = static_cast<uint64_t>(fields->Int(0));
      if (src >= heap_.type.size()) continue;
      const auto id = static_cast<uint32_t>(src);
      const auto kind = static_cast<EdgeKind>(fields->Int(3));
      if (kind == EdgeKind::kProperty) {
        TakeProperty(id, fields->Int(4) == length, fields->Int(4) == hash,
                     fields->Text(5));
      } else if (db_.has_fields() &&
                 (kind == EdgeKind::kIndex || kind == EdgeKind::kHashValue)) {
        collections_.AddField(id, fields->Text(5) == "nil");
      }
    }
  }

  void TakeProperty(uint32_t id, bool is_length, bool is_hash,
                    std::string_view value) {
    const auto type = static_cast<ObjectType>(heap_.type[id]);
    if (is_hash && type == ObjectType::kString) strings_.SetHash(id, value);
    uint32_t length = 0;
    if (!is_length ||
        !absl::SimpleAtoi(absl::string_view(value.data(), value.size()),
                          &length)) {
      return;
    }
    if (type == ObjectType::kString) {
      strings_.SetLength(id, length);
    } else if (!db_.has_fields()) {
      collections_.SetLength(id, length);
    }
  }

  absl::Status Count(WasteKindId kind, uint32_t id, uint64_t bytes) {
    ++kinds_[kind].count;
    kinds_[kind].bytes += bytes;
    ASSIGN_OR_RETURN(const uint32_t owner, owners_of_.OwnerOf(id));
    Total& total = owners_[uint64_t{owner} << 8 | kind];
    ++total.count;
    total.bytes += bytes;
    return absl::OkStatus();
  }

  void Collect() {
    for (size_t kind = 0; kind < kWasteKinds; ++kind) {
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
    CollectOwners();
  }

  void CollectOwners() {
    struct Row {
      std::string_view name;
      size_t kind;
      Total total;
    };
    std::vector<Row> rows;
    rows.reserve(owners_.size());
    for (const auto& [key, total] : owners_) {
      rows.push_back({owners_of_.Name(static_cast<uint32_t>(key >> 8)),
                      static_cast<size_t>(key & 0xff), total});
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::tie(b.total.bytes, b.total.count, a.name, a.kind) <
             std::tie(a.total.bytes, a.total.count, b.name, b.kind);
    });
    if (rows.size() > kWasteMostKept) rows.resize(kWasteMostKept);
    for (const Row& row : rows) {
      const KindText& text = kTexts[row.kind];
      waste_.owners.push_back({std::string(row.name), text.name,
                               row.total.count, row.total.bytes, text.fix});
    }
  }

  HeapDb& db_;
  HolderColumns heap_;
  WasteStrings strings_;
  WasteCollections collections_;
  WasteHolders owners_of_;
  std::vector<std::pair<uint32_t, uint64_t>> boxed_;  // ids and sizes
  Waste waste_;
  std::array<Total, kWasteKinds> kinds_;
  // By number of the owner and, in the lowest eight bits, kind.
  absl::flat_hash_map<uint64_t, Total> owners_;
};

}  // namespace

absl::StatusOr<Waste> FindWaste(HeapDb* db, size_t limit) {
  ASSIGN_OR_RETURN(std::optional<Waste> waste, ReadKeptWaste(db));
  if (!waste.has_value()) {
    ASSIGN_OR_RETURN(waste, WasteFinder(db).Find());
    KeepWaste(*waste, db);
  }
  if (!db->has_fields()) waste->notes = {kNoFields, kNoLengths};
  if (waste->strings.size() > limit) waste->strings.resize(limit);
  if (waste->owners.size() > limit) waste->owners.resize(limit);
  return *std::move(waste);
}

}  // namespace heapq
