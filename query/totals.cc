#include "query/totals.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kNamespacesSql[] =
    "SELECT name, count, size, retained FROM namespaces ORDER BY retained "
    "DESC, size DESC, name LIMIT ?1";
constexpr char kFilesSql[] =
    "SELECT s.file, sum(t.count), sum(t.size), NULL FROM (SELECT site, "
    "count(*) AS count, sum(size) AS size FROM objects WHERE site IS NOT NULL "
    "GROUP BY site) t JOIN sites s ON s.id = t.site GROUP BY 1 ORDER BY 3 "
    "DESC, 1 LIMIT ?1";
constexpr char kUnreachableSql[] =
    "SELECT coalesce(c.name, '(' || t.name || ')'), count(*), sum(o.size), "
    "NULL FROM objects o JOIN types t ON t.type = o.type LEFT JOIN classes r "
    "ON r.id = o.class LEFT JOIN classes c ON c.id = r.\"real\" WHERE o.tier "
    "IS NULL AND o.type <> 0 GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT ?1";
constexpr int64_t kAll = -1;

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

absl::StatusOr<std::vector<TotalRow>> ReadGems(HeapDb* db, uint64_t limit) {
  ASSIGN_OR_RETURN(const std::vector<TotalRow> files,
                   Read(db, kFilesSql, kAll));
  std::map<std::string, TotalRow> gems;
  for (const TotalRow& file : files) {
    std::string name = GemOf(file.name);
    if (name.empty()) name = "(application)";
    TotalRow& gem = gems[name];
    gem.name = name;
    gem.count += file.count;
    gem.size += file.size;
  }
  std::vector<TotalRow> totals;
  totals.reserve(gems.size());
  for (auto& [name, gem] : gems) totals.push_back(std::move(gem));
  std::stable_sort(
      totals.begin(), totals.end(),
      [](const TotalRow& a, const TotalRow& b) { return a.size > b.size; });
  if (totals.size() > limit) totals.resize(limit);
  return totals;
}

}  // namespace

std::string GemOf(const std::string& file) {
  static constexpr std::string_view kGems = "/gems/";
  const size_t gems = file.rfind(kGems);
  if (gems != std::string::npos) {
    const size_t begin = gems + kGems.size();
    const size_t end = file.find('/', begin);
    if (end != std::string::npos) {
      std::string name = file.substr(begin, end - begin);
      // ".../lib/ruby/gems/3.1.0/..." is the folder of gems, not one of them.
      if (name.find_first_not_of("0123456789.") != std::string::npos) {
        return name;
      }
    }
  }
  if (file.rfind("<internal:", 0) == 0 ||
      file.find("/lib/ruby/") != std::string::npos) {
    return "ruby";
  }
  return {};
}

absl::StatusOr<std::vector<TotalRow>> ReadTotals(HeapDb* db, TotalsOf of,
                                                 uint64_t limit) {
  const auto rows = static_cast<int64_t>(limit);
  switch (of) {
    case TotalsOf::kNamespaces:
      return Read(db, kNamespacesSql, rows);
    case TotalsOf::kFiles:
      return Read(db, kFilesSql, rows);
    case TotalsOf::kGems:
      return ReadGems(db, limit);
    case TotalsOf::kUnreachable:
      return Read(db, kUnreachableSql, rows);
  }
  return absl::InternalError("no such totals");
}

absl::StatusOr<std::vector<std::string>> WhyUnreachable(HeapDb* db) {
  ASSIGN_OR_RETURN(const int64_t objects, db->MetaNumber("objects"));
  ASSIGN_OR_RETURN(const int64_t reachable, db->MetaNumber("reachable"));
  ASSIGN_OR_RETURN(const int64_t truncated, db->MetaNumber("truncated"));
  ASSIGN_OR_RETURN(const int64_t roots, db->MetaNumber("roots"));
  ASSIGN_OR_RETURN(const std::string header, db->MetaText("header"));
  std::vector<std::string> reasons;
  if (objects == reachable) return reasons;
  if (roots == 0) {
    reasons.emplace_back(
        "The dump has no roots at all: it was cut before them, or an old Ruby "
        "wrote none");
  }
  if (truncated != 0) {
    reasons.emplace_back(
        "The dump was cut: what holds these objects may be in the part that "
        "is missing");
  }
  if (header.find("\"mode\":\"fork\"") != std::string::npos) {
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
