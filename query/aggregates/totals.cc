#include "query/aggregates/totals.h"

#include <utility>

#include "indexer/base/status_macros.h"
#include "query/allocations/allocation_profile.h"
#include "query/db/dump_header.h"
#include "query/db/no_roots.h"

namespace heapq {
namespace {

constexpr char kNamespacesSql[] =
    "SELECT name, count, size, retained FROM namespaces ORDER BY retained "
    "DESC, size DESC, name LIMIT ?1";
constexpr char kFilesSql[] =
    "SELECT name, count, size, retained FROM files ORDER BY retained DESC, "
    "size DESC, name LIMIT ?1";
constexpr char kGemsSql[] =
    "SELECT name, count, size, retained FROM gems ORDER BY retained DESC, "
    "size DESC, name LIMIT ?1";
constexpr char kSitesSql[] =
    "SELECT file || ':' || line || coalesce(' in ' || method, ''), count, "
    "size, retained FROM v_sites ORDER BY retained DESC, size DESC, file, line "
    "LIMIT ?1";
constexpr char kUnreachableSql[] =
    "SELECT name, count, size, NULL FROM unreachable ORDER BY size DESC, name "
    "LIMIT ?1";

absl::StatusOr<std::vector<TotalRow>> Read(HeapDb* db, const char* sql,
                                           int64_t limit) {
  ASSIGN_OR_RETURN(Statement * rows, db->Cached(sql));
  rows->Bind(1, limit);
  std::vector<TotalRow> totals;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return totals;
    TotalRow total;
    total.name = rows->Text(0);
    total.count = static_cast<uint64_t>(rows->Int(1));
    total.size = static_cast<uint64_t>(rows->Int(2));
    if (!rows->is_null(3)) {
      total.retained = static_cast<uint64_t>(rows->Int(3));
    }
    totals.push_back(std::move(total));
  }
}

std::vector<TotalRow> SampledSites(const AllocationProfile& profile,
                                   uint64_t limit) {
  const auto all = [](const auto&) { return true; };
  std::vector<TotalRow> totals;
  for (const AllocationSite& site : profile.Sites(all, all)) {
    if (totals.size() == limit) break;
    TotalRow total;
    total.name = profile.frame(site.frame).Text();
    total.count = site.count;
    total.size = site.size;
    totals.push_back(std::move(total));
  }
  return totals;
}

absl::StatusOr<std::vector<TotalRow>> ReadSites(HeapDb* db, uint64_t limit) {
  ASSIGN_OR_RETURN(const AllocationProfile profile,
                   AllocationProfile::Read(db));
  if (!profile.empty()) return SampledSites(profile, limit);
  return Read(db, kSitesSql, static_cast<int64_t>(limit));
}

}  // namespace

absl::StatusOr<std::vector<TotalRow>> ReadTotals(HeapDb* db, TotalsOf of,
                                                 uint64_t limit) {
  const auto rows = static_cast<int64_t>(limit);
  switch (of) {
    case TotalsOf::kNamespaces:
      return Read(db, kNamespacesSql, rows);
    case TotalsOf::kFiles:
      return Read(db, kFilesSql, rows);
    case TotalsOf::kGems:
      return Read(db, kGemsSql, rows);
    case TotalsOf::kSites:
      return ReadSites(db, limit);
    case TotalsOf::kUnreachable:
      return Read(db, kUnreachableSql, rows);
  }
  return absl::InternalError("no such totals");
}

absl::StatusOr<std::vector<std::string>> WhyUnreachable(HeapDb* db) {
  ASSIGN_OR_RETURN(const int64_t objects, db->MetaNumber("objects"));
  ASSIGN_OR_RETURN(const int64_t reachable, db->MetaNumber("reachable"));
  ASSIGN_OR_RETURN(const int64_t truncated, db->MetaNumber("truncated"));
  ASSIGN_OR_RETURN(const DumpHeader header, ReadDumpHeader(db));
  std::vector<std::string> reasons;
  if (objects == reachable) return reasons;
  ASSIGN_OR_RETURN(const bool has_roots, HasRoots(db));
  if (!has_roots) {
    reasons.emplace_back(kNoRoots);
    return reasons;
  }
  if (truncated != 0) {
    reasons.emplace_back(
        "The dump was cut: what holds these objects may be in the part that "
        "is missing");
  }
  if (header.taken_in_fork()) {
    reasons.emplace_back(
        "The dump was taken in a fork, which has no other threads: what only "
        "their stacks held has no holder here");
  }
  reasons.emplace_back(
      "Objects that died since the last GC are still in the heap, and so in "
      "the dump: take it after GC.start to leave them out");
  return reasons;
}

}  // namespace heapq
