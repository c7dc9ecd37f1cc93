#include "query/waste/waste_cache.h"

#include <memory>
#include <string>
#include <utility>

#include "indexer/base/exit_signals.h"
#include "indexer/base/status_macros.h"
#include "indexer/sqlite/connection.h"

namespace heapq {
namespace {

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

absl::Status WriteKinds(const Waste& waste, Connection* file) {
  ASSIGN_OR_RETURN(
      Statement insert,
      file->Prepare("INSERT INTO waste VALUES(?1, ?2, ?3, ?4, ?5)"));
  int64_t place = 0;
  for (const WasteKind& kind : waste.kinds) {
    insert.Bind(1, ++place);
    insert.Bind(2, kind.name);
    insert.Bind(3, kind.fix);
    insert.Bind(4, static_cast<int64_t>(kind.count));
    insert.Bind(5, static_cast<int64_t>(kind.bytes));
    RETURN_IF_ERROR(insert.Run());
  }
  return absl::OkStatus();
}

absl::Status WriteOwners(const Waste& waste, Connection* file) {
  ASSIGN_OR_RETURN(
      Statement insert,
      file->Prepare("INSERT INTO waste_owners VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  int64_t place = 0;
  for (const WasteHolder& owner : waste.owners) {
    insert.Bind(1, ++place);
    insert.Bind(2, owner.name);
    insert.Bind(3, owner.kind);
    insert.Bind(4, owner.fix);
    insert.Bind(5, static_cast<int64_t>(owner.count));
    insert.Bind(6, static_cast<int64_t>(owner.bytes));
    RETURN_IF_ERROR(insert.Run());
  }
  return absl::OkStatus();
}

absl::Status WriteStrings(const Waste& waste, Connection* file) {
  ASSIGN_OR_RETURN(
      Statement insert,
      file->Prepare("INSERT INTO waste_strings VALUES(?1, ?2, ?3, ?4)"));
  int64_t place = 0;
  for (const DuplicateString& string : waste.strings) {
    insert.Bind(1, ++place);
    insert.Bind(2, string.value);
    insert.Bind(3, static_cast<int64_t>(string.copies));
    insert.Bind(4, static_cast<int64_t>(string.bytes));
    RETURN_IF_ERROR(insert.Run());
  }
  return absl::OkStatus();
}

absl::Status Write(const Waste& waste, const std::string& path) {
  // A signal in between would leave a journal beside the file.
  const DeferredExit deferred;
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> file,
                   Connection::OpenToAdd(path));
  RETURN_IF_ERROR(file->Execute("BEGIN IMMEDIATE"));
  // Somebody may have been quicker.
  RETURN_IF_ERROR(file->Execute(
      "DELETE FROM waste; DELETE FROM waste_owners; DELETE FROM waste_strings; "
      "DELETE FROM meta WHERE key = 'waste_bytes'"));
  RETURN_IF_ERROR(WriteKinds(waste, file.get()));
  RETURN_IF_ERROR(WriteOwners(waste, file.get()));
  RETURN_IF_ERROR(WriteStrings(waste, file.get()));
  {
    ASSIGN_OR_RETURN(
        Statement meta,
        file->Prepare("INSERT INTO meta VALUES('waste_bytes', ?1)"));
    meta.Bind(1, static_cast<int64_t>(waste.bytes));
    RETURN_IF_ERROR(meta.Run());
  }
  RETURN_IF_ERROR(file->Execute("COMMIT"));
  return file->Close();
}

}  // namespace

absl::StatusOr<std::optional<Waste>> ReadKeptWaste(HeapDb* db) {
  ASSIGN_OR_RETURN(const std::string bytes, db->MetaText("waste_bytes"));
  if (bytes.empty()) return std::optional<Waste>();
  Waste waste;
  ASSIGN_OR_RETURN(const int64_t number, db->MetaNumber("waste_bytes"));
  waste.bytes = Unsigned(number);
  ASSIGN_OR_RETURN(
      Statement * kinds,
      db->Cached("SELECT kind, fix, count, bytes FROM waste ORDER BY place"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, kinds->Step());
    if (!row) break;
    waste.kinds.push_back({std::string(kinds->Text(0)),
                           std::string(kinds->Text(1)), Unsigned(kinds->Int(2)),
                           Unsigned(kinds->Int(3))});
  }
  ASSIGN_OR_RETURN(Statement * owners,
                   db->Cached("SELECT owner, kind, count, bytes, fix FROM "
                              "waste_owners ORDER BY place"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, owners->Step());
    if (!row) break;
    waste.owners.push_back({std::string(owners->Text(0)),
                            std::string(owners->Text(1)),
                            Unsigned(owners->Int(2)), Unsigned(owners->Int(3)),
                            std::string(owners->Text(4))});
  }
  ASSIGN_OR_RETURN(Statement * strings,
                   db->Cached("SELECT value, copies, bytes FROM waste_strings "
                              "ORDER BY place"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, strings->Step());
    if (!row) break;
    waste.strings.push_back({std::string(strings->Text(0)),
                             Unsigned(strings->Int(1)),
                             Unsigned(strings->Int(2))});
  }
  return std::optional<Waste>(std::move(waste));
}

void KeepWaste(const Waste& waste, HeapDb* db) {
  db->ResetAll();
  (void)Write(waste, db->path());
}

}  // namespace heapq
