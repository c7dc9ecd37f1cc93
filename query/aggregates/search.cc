#include "query/aggregates/search.h"

#include <optional>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// instr compares bytes: no character of what people type is a wildcard.
constexpr char kClassesSql[] =
    "SELECT c.id, c.name, c.count, c.size, c.retained, o.address FROM classes "
    "c JOIN objects o ON o.id = c.id WHERE instr(c.name, ?1) AND c.\"real\" = "
    "c.id ORDER BY c.count DESC, c.name, c.id LIMIT ?2";
constexpr char kStringsSql[] =
    "SELECT id FROM strings WHERE instr(value, ?1) LIMIT ?2";
constexpr char kInstancesSql[] =
    "SELECT o.id FROM objects o JOIN classes c ON c.id = o.class WHERE "
    "c.\"real\" = ?1 ORDER BY o.retained DESC, o.id LIMIT ?2";

absl::Status FindClasses(HeapDb* db, std::string_view text, uint64_t limit,
                         SearchResult* result) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached(kClassesSql));
  rows->Bind(1, text);
  rows->Bind(2, static_cast<int64_t>(limit) + 1);
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return absl::OkStatus();
    TypeCount found;
    found.class_id = static_cast<uint32_t>(rows->Int(0));
    found.name = rows->Text(1);
    found.count = static_cast<uint64_t>(rows->Int(2));
    found.size = static_cast<uint64_t>(rows->Int(3));
    found.retained = static_cast<uint64_t>(rows->Int(4));
    found.address = static_cast<uint64_t>(rows->Int(5));
    result->classes.push_back(std::move(found));
  }
}

// Ids as far as they are found; false if the search was ended.
absl::StatusOr<bool> ReadIds(Statement* rows, std::vector<uint32_t>* ids) {
  while (true) {
    const absl::StatusOr<bool> row = rows->Step();
    if (absl::IsCancelled(row.status())) return false;
    RETURN_IF_ERROR(row.status());
    if (!*row) return true;
    ids->push_back(static_cast<uint32_t>(rows->Int(0)));
  }
}

absl::StatusOr<std::vector<ObjectSummary>> Summaries(
    HeapDb* db, const std::vector<uint32_t>& ids) {
  ObjectLabeler describe(db);
  std::vector<ObjectSummary> objects;
  for (const uint32_t id : ids) {
    ASSIGN_OR_RETURN(ObjectSummary object, describe.Summary(id));
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace

absl::StatusOr<SearchResult> SearchHeap(HeapDb* db, std::string_view text,
                                        uint64_t limit,
                                        Cancellation cancellation) {
  SearchResult result;
  if (text.empty()) return result;
  RETURN_IF_ERROR(FindClasses(db, text, limit, &result));
  std::vector<uint32_t> ids;
  {
    const ScopedCancellation scope(&db->connection(), std::move(cancellation));
    ASSIGN_OR_RETURN(Statement * rows, db->Cached(kStringsSql));
    rows->Bind(1, text);
    rows->Bind(2, static_cast<int64_t>(limit) + 1);
    ASSIGN_OR_RETURN(result.whole, ReadIds(rows, &ids));
    rows->Reset();
  }
  if (result.classes.size() > limit || ids.size() > limit) {
    result.whole = false;
  }
  if (result.classes.size() > limit) result.classes.resize(limit);
  if (ids.size() > limit) ids.resize(limit);
  ASSIGN_OR_RETURN(result.strings, Summaries(db, ids));
  return result;
}

absl::StatusOr<Instances> FindInstances(HeapDb* db, uint32_t class_id,
                                        uint64_t limit,
                                        Cancellation cancellation) {
  Instances instances;
  ASSIGN_OR_RETURN(Statement * count,
                   db->Cached("SELECT count FROM classes WHERE id = ?1"));
  count->Bind(1, int64_t{class_id});
  ASSIGN_OR_RETURN(const bool known, count->Step());
  if (known) instances.total = static_cast<uint64_t>(count->Int(0));
  std::vector<uint32_t> ids;
  {
    const ScopedCancellation scope(&db->connection(), std::move(cancellation));
    ASSIGN_OR_RETURN(Statement * rows, db->Cached(kInstancesSql));
    rows->Bind(1, int64_t{class_id});
    rows->Bind(2, static_cast<int64_t>(limit));
    ASSIGN_OR_RETURN(const bool whole, ReadIds(rows, &ids));
    rows->Reset();
    if (!whole) return absl::CancelledError("it took too long");
  }
  ASSIGN_OR_RETURN(instances.rows, Summaries(db, ids));
  return instances;
}

}  // namespace heapq
