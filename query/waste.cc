#include "query/waste.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/describe.h"

namespace heapq {
namespace {

constexpr char kDuplicates[] = "duplicate strings";
constexpr char kEmpty[] = "empty collections";
constexpr char kSingle[] = "collections of one element";
constexpr char kBoxed[] = "boxed numbers";

// A slot is the least that a collection takes; what it has beyond is waste.
constexpr int64_t kSlot = 40;

// By value, so that copies stand together. A cut or keyed value would be
// taken for a copy of another.
constexpr char kStringsSql[] =
    "SELECT s.value, o.id, o.size FROM strings s JOIN objects o ON o.id = "
    "s.id WHERE o.type = 5 AND o.flags & 128 = 0 ORDER BY s.value, o.id";
// Arrays and hashes with what they hold: edges and other values.
constexpr char kCollectionsSql[] =
    "SELECT o.id, o.type, o.size, (SELECT count(*) FROM (SELECT 1 FROM edges "
    "e WHERE e.src = o.id AND e.kind IN (6, 8, 9) LIMIT 3)) + (SELECT "
    "count(*) FROM (SELECT 1 FROM fields f WHERE f.src = o.id AND f.kind IN "
    "(6, 8, 9) LIMIT 3)) FROM objects o WHERE o.type IN (7, 8) AND o.size <= "
    "4096 AND o.flags & 4 = 0 AND o.class IS NOT NULL";
constexpr char kBoxedSql[] =
    "SELECT id, size FROM objects WHERE type IN (4, 10)";
constexpr char kHolderSql[] =
    "SELECT o.type, c.name, n.text, e.kind FROM referrers r JOIN edges e ON "
    "e.src = r.src AND e.n = r.n JOIN objects o ON o.id = r.src LEFT JOIN "
    "classes raw ON raw.id = o.class LEFT JOIN classes c ON c.id = "
    "raw.\"real\" LEFT JOIN names n ON n.id = e.label AND e.kind NOT IN (6, "
    "7, 9) WHERE r.dst = ?1 LIMIT 1";

class WasteFinder {
 public:
  WasteFinder(HeapDb* db, size_t limit) : db_(*db), limit_(limit) {}

  absl::StatusOr<Waste> Find() {
    RETURN_IF_ERROR(FindDuplicates());
    if (db_.has_fields()) {
      RETURN_IF_ERROR(FindSmallCollections());
    } else {
      waste_.notes.push_back(
          "this dump does not tell an empty array from one of small Integers: "
          "collections are left out; a dump by heap_dump tells");
    }
    RETURN_IF_ERROR(FindBoxed());
    Collect();
    return std::move(waste_);
  }

 private:
  struct Total {
    uint64_t count = 0;
    uint64_t bytes = 0;
  };

  absl::Status FindDuplicates() {
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kStringsSql));
    std::string value;
    bool first = true;
    DuplicateString run;
    std::vector<std::pair<uint32_t, uint64_t>> extra;  // ids and sizes
    const auto finish_run = [&]() -> absl::Status {
      if (extra.empty()) return absl::OkStatus();
      run.value = value;
      run.copies = extra.size() + 1;
      for (const auto& [id, size] : extra) {
        run.bytes += size;
        RETURN_IF_ERROR(Count(kDuplicates, id, size));
      }
      waste_.strings.push_back(std::move(run));
      // Only the worst are kept while reading.
      if (waste_.strings.size() > 16 * limit_ + 1024) SortStrings();
      return absl::OkStatus();
    };
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (row && !first && rows->Text(0) == value) {
        extra.emplace_back(static_cast<uint32_t>(rows->Int(1)),
                           static_cast<uint64_t>(rows->Int(2)));
        continue;
      }
      RETURN_IF_ERROR(finish_run());
      run = DuplicateString();
      extra.clear();
      if (!row) break;
      value = rows->Text(0);
      first = false;
    }
    SortStrings();
    return absl::OkStatus();
  }

  void SortStrings() {
    std::stable_sort(waste_.strings.begin(), waste_.strings.end(),
                     [](const DuplicateString& a, const DuplicateString& b) {
                       return std::tie(b.bytes, b.copies, a.value) <
                              std::tie(a.bytes, a.copies, b.value);
                     });
    if (waste_.strings.size() > limit_) waste_.strings.resize(limit_);
  }

  absl::Status FindSmallCollections() {
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kCollectionsSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) return absl::OkStatus();
      const int64_t size = rows->Int(2);
      const auto id = static_cast<uint32_t>(rows->Int(0));
      if (rows->Int(3) == 0) {
        RETURN_IF_ERROR(Count(kEmpty, id, static_cast<uint64_t>(size)));
      } else if (rows->Int(3) == 1 && size > kSlot) {
        RETURN_IF_ERROR(
            Count(kSingle, id, static_cast<uint64_t>(size - kSlot)));
      }
    }
  }

  absl::Status FindBoxed() {
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kBoxedSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) return absl::OkStatus();
      RETURN_IF_ERROR(Count(kBoxed, static_cast<uint32_t>(rows->Int(0)),
                            static_cast<uint64_t>(rows->Int(1))));
    }
  }

  absl::Status Count(const char* kind, uint32_t id, uint64_t bytes) {
    Total& total = kinds_[kind];
    ++total.count;
    total.bytes += bytes;
    ASSIGN_OR_RETURN(const std::string holder, Holder(id));
    Total& owner = owners_[{holder, kind}];
    ++owner.count;
    owner.bytes += bytes;
    return absl::OkStatus();
  }

  // "Session @id", "Hash value", "code": who would have to change.
  absl::StatusOr<std::string> Holder(uint32_t id) {
    ASSIGN_OR_RETURN(Statement * holder, db_.Cached(kHolderSql));
    holder->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool found, holder->Step());
    if (!found) return std::string("(a root)");
    const auto type = static_cast<ObjectType>(holder->Int(0));
    if (type == ObjectType::kImemo) return std::string("(code)");
    std::string name(holder->Text(1));
    if (name.empty()) name = ObjectTypeName(type);
    const auto kind = static_cast<EdgeKind>(holder->Int(3));
    switch (kind) {
      case EdgeKind::kIvar:
      case EdgeKind::kCvar:
      case EdgeKind::kMember:
      case EdgeKind::kConst:
        absl::StrAppend(&name, " ", std::string(holder->Text(2)));
        break;
      case EdgeKind::kHashValue:
      case EdgeKind::kHashValueOf:
        name += " value";
        break;
      case EdgeKind::kHashKey:
        name += " key";
        break;
      case EdgeKind::kIndex:
        name += " element";
        break;
      default:
        break;
    }
    return name;
  }

  void Collect() {
    static constexpr std::pair<const char*, const char*> kFixes[] = {
        {kDuplicates, "freeze and share: frozen literals, String#-@, symbols"},
        {kEmpty,
         "make them when the first element comes, or share a frozen "
         "empty one"},
        {kSingle, "keep the element itself until there is a second one"},
        {kBoxed, "use small Integers, or pack numbers into a String"},
    };
    for (const auto& [kind, fix] : kFixes) {
      const Total& total = kinds_[kind];
      if (total.count == 0) continue;
      waste_.kinds.push_back({kind, fix, total.count, total.bytes});
      waste_.bytes += total.bytes;
    }
    std::stable_sort(waste_.kinds.begin(), waste_.kinds.end(),
                     [](const WasteKind& a, const WasteKind& b) {
                       return a.bytes > b.bytes;
                     });
    for (const auto& [key, total] : owners_) {
      waste_.owners.push_back(
          {key.first, key.second, total.count, total.bytes});
    }
    std::stable_sort(waste_.owners.begin(), waste_.owners.end(),
                     [](const WasteOwner& a, const WasteOwner& b) {
                       return std::tie(a.bytes, a.count) >
                              std::tie(b.bytes, b.count);
                     });
    if (waste_.owners.size() > limit_) waste_.owners.resize(limit_);
  }

  HeapDb& db_;
  const size_t limit_;
  Waste waste_;
  std::map<std::string, Total> kinds_;
  std::map<std::pair<std::string, std::string>, Total> owners_;
};

}  // namespace

absl::StatusOr<Waste> FindWaste(HeapDb* db, size_t limit) {
  return WasteFinder(db, limit).Find();
}

}  // namespace heapq
