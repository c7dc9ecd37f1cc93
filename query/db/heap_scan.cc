#include "query/db/heap_scan.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// `meta` but for what is added to it later.
void Append(std::string_view key, std::string_view value, std::string* text) {
  if (key == "waste_bytes") return;
  text->append(key).append("=").append(value).append("\n");
}

// A scan opens the file again, by its path.
absl::Status CheckSameFile(HeapDb* db) {
  std::string open;
  ASSIGN_OR_RETURN(Statement * rows,
                   db->Cached("SELECT key, CAST(value AS TEXT) FROM meta "
                              "ORDER BY key"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Step());
    if (!more) break;
    Append(rows->Text(0), rows->Text(1), &open);
  }
  std::string now;
  ASSIGN_OR_RETURN(const auto meta, TableScan::Open(db->path(), "meta", 2));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, meta->Next());
    if (!more) break;
    const std::string_view text = meta->Text(1);
    if (text.empty() && !meta->is_null(1)) {
      const std::string number = absl::StrCat(meta->Int(1));
      // An empty text is not a number.
      Append(meta->Text(0), meta->is_text(1) ? text : number, &now);
    } else {
      Append(meta->Text(0), text, &now);
    }
  }
  if (open == now) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(
      db->path(), ": another file was put in its place meanwhile; try again"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TableScan>> ScanTable(HeapDb* db,
                                                     const std::string& table,
                                                     int columns) {
  ASSIGN_OR_RETURN(std::unique_ptr<TableScan> scan,
                   TableScan::Open(db->path(), table, columns));
  RETURN_IF_ERROR(CheckSameFile(db));
  return scan;
}

}  // namespace heapq
