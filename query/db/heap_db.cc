#include "query/db/heap_db.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"
#include "indexer/model/dump_format.h"
#include "indexer/store/schema.h"
#include "query/db/kind_numbers.h"

namespace heapq {
namespace {

// Bytes of the smallest slot of every Ruby: no other object begins in them.
constexpr uint64_t kSlot = 40;

// A row of `objects`: at least a byte each for the sizes of its 16 columns.
constexpr int64_t kMinRowBytes = 17;

// `above`: the first object whose address is not below; one more than there
// are: none.
absl::Status NoObjectAt(HeapDb* db, uint64_t address, uint32_t above) {
  std::string message =
      absl::StrCat("no object at ", AddressText(address), " in ", db->path());
  if (db->object_count() == 0) {
    return absl::NotFoundError(message + ", which holds no objects");
  }
  std::vector<std::string> nearest;
  if (above > 1) {
    ASSIGN_OR_RETURN(const ObjectRow below, db->Object(above - 1));
    const std::string named =
        absl::StrCat(std::string(ObjectTypeName(below.type)), " ",
                     AddressText(below.address), " (#", below.id, ")");
    if (address - below.address < kSlot) {
      return absl::NotFoundError(
          absl::StrCat(message, "; that is inside of ", named));
    }
    nearest.push_back(named + " below");
  }
  if (above <= db->object_count()) {
    ASSIGN_OR_RETURN(const ObjectRow next, db->Object(above));
    nearest.push_back(absl::StrCat(std::string(ObjectTypeName(next.type)), " ",
                                   AddressText(next.address), " (#", next.id,
                                   ") above"));
  }
  return absl::NotFoundError(absl::StrCat(message, "; the nearest ",
                                          nearest.size() == 1 ? "is " : "are ",
                                          absl::StrJoin(nearest, " and ")));
}

}  // namespace

std::string AddressText(uint64_t address) {
  return absl::StrCat("0x", absl::Hex(address));
}

absl::StatusOr<std::unique_ptr<HeapDb>> HeapDb::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Connection::OpenReadOnly(path));
  RETURN_IF_ERROR(CheckSchema(connection.get(), path));
  std::unique_ptr<HeapDb> db(new HeapDb(path, std::move(connection)));
  RETURN_IF_ERROR(db->ReadCounts());
  return db;
}

absl::Status HeapDb::ReadCounts() {
  ASSIGN_OR_RETURN(const int64_t objects, MetaNumber("objects"));
  ASSIGN_OR_RETURN(const int64_t ghosts, MetaNumber("ghosts"));
  ASSIGN_OR_RETURN(Statement * row,
                   Cached("SELECT (SELECT max(id) FROM objects), page_count * "
                          "page_size FROM pragma_page_count, "
                          "pragma_page_size"));
  RETURN_IF_ERROR(row->Step().status());
  // Answers take memory by these, so they must be what the file has room for.
  const int64_t most = std::min<int64_t>(std::numeric_limits<uint32_t>::max(),
                                         row->Int(1) / kMinRowBytes);
  if (objects < 0 || ghosts < 0 || objects > most || ghosts > most - objects ||
      objects + ghosts != row->Int(0)) {
    return absl::DataLossError(
        absl::StrCat(path_, ": damaged (meta); load the dump again"));
  }
  object_count_ = static_cast<uint32_t>(objects);
  ghost_count_ = static_cast<uint32_t>(ghosts);
  ASSIGN_OR_RETURN(const std::string format, MetaText("format"));
  has_fields_ = TraitsOf(ParseDumpFormat(format)).has_values;
  return absl::OkStatus();
}

absl::StatusOr<Statement*> HeapDb::Cached(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    ASSIGN_OR_RETURN(const std::string text, WithKindNumbers(sql));
    ASSIGN_OR_RETURN(Statement statement, connection_->Prepare(text));
    found = statements_.emplace(sql, std::move(statement)).first;
  }
  found->second.Reset();
  return &found->second;
}

void HeapDb::ResetAll() {
  for (auto& [sql, statement] : statements_) statement.Reset();
}

absl::StatusOr<std::string> HeapDb::MetaText(std::string_view key) {
  ASSIGN_OR_RETURN(Statement * row,
                   Cached("SELECT value FROM meta WHERE key=?1"));
  row->Bind(1, key);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? std::string(row->Text(0)) : std::string();
}

absl::StatusOr<int64_t> HeapDb::MetaNumber(std::string_view key) {
  ASSIGN_OR_RETURN(Statement * row,
                   Cached("SELECT value FROM meta WHERE key = ?1"));
  row->Bind(1, key);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? row->Int(0) : int64_t{0};
}

absl::StatusOr<uint64_t> HeapDb::AddressOf(uint32_t id) {
  ASSIGN_OR_RETURN(Statement * row,
                   Cached("SELECT address FROM objects WHERE id=?1"));
  row->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) {
    return absl::DataLossError(absl::StrCat(
        path_, ": object #", id, " is missing; load the dump again"));
  }
  return static_cast<uint64_t>(row->Int(0));
}

absl::StatusOr<uint32_t> HeapDb::LowerBound(uint32_t first, uint32_t last,
                                            uint64_t address) {
  uint64_t low = first;
  uint64_t high = uint64_t{last} + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const uint64_t there,
                     AddressOf(static_cast<uint32_t>(middle)));
    if (there < address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<uint32_t>(low);
}

absl::StatusOr<uint32_t> HeapDb::IdAt(uint64_t address) {
  uint32_t at = 1;
  if (object_count_ > 0) {
    ASSIGN_OR_RETURN(at, LowerBound(1, object_count_, address));
    if (at <= object_count_) {
      ASSIGN_OR_RETURN(const uint64_t there, AddressOf(at));
      if (there == address) return at;
    }
  }
  if (ghost_count_ > 0) {
    ASSIGN_OR_RETURN(const uint32_t ghost,
                     LowerBound(object_count_ + 1, last_id(), address));
    if (ghost <= last_id()) {
      ASSIGN_OR_RETURN(const uint64_t there, AddressOf(ghost));
      if (there == address) return ghost;
    }
  }
  return NoObjectAt(this, address, at);
}

absl::StatusOr<uint32_t> HeapDb::ParseId(std::string_view text) {
  uint64_t number = 0;
  if (!text.empty() && text[0] == '#') {
    if (!absl::SimpleAtoi(View(text.substr(1)), &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", View(text),
                       "\" is not an id; expected 0x…, a decimal address or "
                       "#N"));
    }
    if (number == 0 || number > last_id()) {
      return absl::NotFoundError(absl::StrCat("no object ", View(text), " in ",
                                              path_, "; ids go from #1 to #",
                                              last_id()));
    }
    return static_cast<uint32_t>(number);
  }
  const bool hex =
      text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (hex ? !absl::SimpleHexAtoi(View(text), &number)
          : !absl::SimpleAtoi(View(text), &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", View(text),
                     "\" is not an id; expected 0x…, a decimal address or #N"));
  }
  absl::StatusOr<uint32_t> id = IdAt(number);
  if (!id.ok() && absl::IsNotFound(id.status()) && !hex && number > 0 &&
      number <= last_id()) {
    return absl::NotFoundError(
        absl::StrCat("no object at address ", number, " in ", path_,
                     "; for the object of that id write '#", number, "'"));
  }
  return id;
}

absl::StatusOr<std::string> HeapDb::Name(int64_t number) {
  ASSIGN_OR_RETURN(Statement * row,
                   Cached("SELECT text FROM names WHERE id=?1"));
  row->Bind(1, number);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? std::string(row->Text(0)) : std::string();
}

absl::StatusOr<ObjectRow> HeapDb::Object(uint32_t id) {
  ASSIGN_OR_RETURN(
      Statement * row,
      Cached("SELECT o.address, o.type, o.flags, k.text, n.text, o.class, "
             "o.size, f.text, s.line, m.text, o.generation, o.tier, "
             "o.parent, o.depth, o.jump, o.idom, o.retained FROM objects o "
             "LEFT JOIN names k ON k.id = o.kind "
             "LEFT JOIN names n ON n.id = o.name "
             "LEFT JOIN sites s ON s.id = o.site "
             "LEFT JOIN names f ON f.id = s.file "
             "LEFT JOIN names m ON m.id = s.method WHERE o.id = ?1"));
  row->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no object #", id, " in ", path_));
  }
  ObjectRow object;
  object.id = id;
  object.address = static_cast<uint64_t>(row->Int(0));
  object.type = static_cast<ObjectType>(row->Int(1));
  object.flags = static_cast<uint8_t>(row->Int(2));
  object.kind = row->Text(3);
  object.name = row->Text(4);
  object.class_id = static_cast<uint32_t>(row->Int(5));
  object.size = static_cast<uint64_t>(row->Int(6));
  object.file = row->Text(7);
  object.line = static_cast<uint32_t>(row->Int(8));
  object.method = row->Text(9);
  if (!row->is_null(10)) {
    object.generation = static_cast<uint32_t>(row->Int(10));
  }
  object.reachable = !row->is_null(11) && !row->is_null(12);
  if (object.reachable) {
    object.tier = static_cast<uint8_t>(row->Int(11));
    object.parent = static_cast<uint32_t>(row->Int(12));
    object.depth = static_cast<uint32_t>(row->Int(13));
    object.jump = static_cast<uint32_t>(row->Int(14));
    object.idom = static_cast<uint32_t>(row->Int(15));
  }
  if (!row->is_null(16)) {
    object.retained = static_cast<uint64_t>(row->Int(16));
  }
  return object;
}

}  // namespace heapq
