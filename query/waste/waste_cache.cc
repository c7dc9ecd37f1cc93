#include "query/waste/waste_cache.h"

#include <memory>
#include <string>
#include <utility>

#include "indexer/base/exit_signals.h"
#include "indexer/base/status_macros.h"
#include "indexer/sqlite/connection.h"
#include "indexer/sqlite/inserter.h"

namespace heapq {
namespace {

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

absl::Status WriteTables(const Waste& waste, Connection* file) {
  ASSIGN_OR_RETURN(Inserter kinds, Inserter::Make(file, "waste", 5));
  int64_t place = 0;
  for (const WasteKind& kind : waste.kinds) {
    RETURN_IF_ERROR(kinds.Int(++place)
                        .Text(kind.name)
                        .Text(kind.fix)
                        .Int(static_cast<int64_t>(kind.count))
                        .Int(static_cast<int64_t>(kind.bytes))
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter owners, Inserter::Make(file, "waste_owners", 6));
  place = 0;
  for (const WasteHolder& owner : waste.owners) {
    RETURN_IF_ERROR(owners.Int(++place)
                        .Text(owner.name)
                        .Text(owner.kind)
                        .Text(owner.fix)
                        .Int(static_cast<int64_t>(owner.count))
                        .Int(static_cast<int64_t>(owner.bytes))
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter strings, Inserter::Make(file, "waste_strings", 4));
  place = 0;
  for (const DuplicateString& string : waste.strings) {
    RETURN_IF_ERROR(strings.Int(++place)
                        .Text(string.value)
                        .Int(static_cast<int64_t>(string.copies))
                        .Int(static_cast<int64_t>(string.bytes))
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter meta, Inserter::Make(file, "meta", 2));
  return meta.Text("waste_bytes").Int(static_cast<int64_t>(waste.bytes)).Run();
}

absl::Status Write(const Waste& waste, const std::string& path) {
  // A signal in between would leave a journal beside the file.
  const DeferredExit deferred;
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> file,
                   Connection::OpenToAdd(path));
  RETURN_IF_ERROR(file->Execute("BEGIN IMMEDIATE"));
  // Another process may have written them meanwhile.
  RETURN_IF_ERROR(file->Execute(
      "DELETE FROM waste; DELETE FROM waste_owners; DELETE FROM waste_strings; "
      "DELETE FROM meta WHERE key = 'waste_bytes'"));
  RETURN_IF_ERROR(WriteTables(waste, file.get()));
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
