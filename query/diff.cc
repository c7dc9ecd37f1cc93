#include "query/diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/background.h"
#include "indexer/base/status_macros.h"
#include "query/path_lines.h"
#include "query/suspects.h"

namespace heapq {
namespace {

constexpr size_t kMostGrowthPoints = 50;

// What has the same name is added up.
constexpr char kClassesSql[] =
    "SELECT coalesce(name, '(anonymous)'), count, size, retained FROM classes "
    "WHERE count > 0";
constexpr char kNamespacesSql[] =
    "SELECT name, count, size, retained FROM namespaces";
constexpr char kSitesSql[] =
    "SELECT file || ':' || line, count, size, retained FROM v_sites WHERE "
    "count > 0";
constexpr char kGemsSql[] = "SELECT name, count, size, retained FROM gems";

using Amounts = absl::flat_hash_map<std::string, Amount>;

// All that one heap is compared by.
struct HeapAmounts {
  Amounts classes, namespaces, sites, gems;
  std::vector<Suspect> suspects;
};

// A damaged file may hold any numbers: these wrap round.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}
void Add(const Amount& more, Amount* sum) {
  sum->count = Plus(sum->count, more.count);
  sum->size = Plus(sum->size, more.size);
  sum->retained = Plus(sum->retained, more.retained);
}

absl::StatusOr<Amounts> ReadAmounts(HeapDb* db, const char* sql) {
  Amounts amounts;
  ASSIGN_OR_RETURN(Statement * statement, db->Cached(sql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (!row) return amounts;
    const std::string_view name = statement->Text(0);
    Add({statement->Int(1), statement->Int(2), statement->Int(3)},
        &amounts[absl::string_view(name.data(), name.size())]);
  }
}

absl::Status ReadHeap(HeapDb* db, double share, HeapAmounts* heap) {
  ASSIGN_OR_RETURN(heap->classes, ReadAmounts(db, kClassesSql));
  ASSIGN_OR_RETURN(heap->namespaces, ReadAmounts(db, kNamespacesSql));
  ASSIGN_OR_RETURN(heap->sites, ReadAmounts(db, kSitesSql));
  ASSIGN_OR_RETURN(heap->gems, ReadAmounts(db, kGemsSql));
  ASSIGN_OR_RETURN(heap->suspects, FindSuspects(db, share));
  return absl::OkStatus();
}

// Each by a thread of its own: they share nothing.
absl::StatusOr<std::vector<HeapAmounts>> ReadHeaps(
    const std::vector<HeapDb*>& heaps, double share) {
  std::vector<HeapAmounts> all(heaps.size());
  std::vector<std::unique_ptr<Background<bool>>> readers;
  readers.reserve(heaps.size());
  for (size_t i = 0; i < heaps.size(); ++i) {
    readers.push_back(std::make_unique<Background<bool>>(
        [&heaps, &all, share, i](const StopFlag&) -> absl::StatusOr<bool> {
          RETURN_IF_ERROR(ReadHeap(heaps[i], share, &all[i]));
          return true;
        }));
  }
  for (auto& reader : readers) {
    RETURN_IF_ERROR(reader->Get([] { return true; }).status());
  }
  return all;
}

// Rows with a change between any two heaps, largest growth first.
std::vector<DiffRow> Changed(const std::vector<const Amounts*>& heaps) {
  std::vector<DiffRow> rows;
  std::vector<Amount> amounts(heaps.size());
  for (size_t n = 0; n < heaps.size(); ++n) {
    for (const auto& named : *heaps[n]) {
      bool seen = false;  // in an earlier heap
      for (size_t i = 0; i < heaps.size(); ++i) {
        const auto found = heaps[i]->find(named.first);
        const bool has = found != heaps[i]->end();
        amounts[i] = has ? found->second : Amount();
        seen = seen || (has && i < n);
      }
      if (seen || std::all_of(amounts.begin(), amounts.end(),
                              [&amounts](const Amount& amount) {
                                return amount == amounts.front();
                              })) {
        continue;
      }
      rows.push_back({named.first, amounts});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const DiffRow& a, const DiffRow& b) {
    const Amount x = a.Growth();
    const Amount y = b.Growth();
    return std::tie(y.size, y.retained, y.count, a.name) <
           std::tie(x.size, x.retained, x.count, b.name);
  });
  return rows;
}

std::vector<DiffRow> Changed(const std::vector<HeapAmounts>& heaps,
                             Amounts HeapAmounts::*of) {
  std::vector<const Amounts*> amounts;
  amounts.reserve(heaps.size());
  for (const HeapAmounts& heap : heaps) amounts.push_back(&(heap.*of));
  return Changed(amounts);
}

void DiffSuspects(const std::vector<HeapAmounts>& heaps, HeapDiff* diff) {
  std::vector<Amounts> amounts(heaps.size());
  std::map<std::string, std::string> texts;
  for (size_t n = 0; n < heaps.size(); ++n) {
    for (const Suspect& suspect : heaps[n].suspects) {
      Add({static_cast<int64_t>(suspect.count),
           static_cast<int64_t>(suspect.object.size),
           static_cast<int64_t>(suspect.retained)},
          &amounts[n][suspect.fingerprint]);
      std::string text;
      for (const PathLine& line : LinesOf(suspect.path)) {
        absl::StrAppend(&text, text.empty() ? "" : " -> ", line.label);
      }
      texts[suspect.fingerprint] = std::move(text);
    }
  }
  std::vector<const Amounts*> pointers;
  pointers.reserve(amounts.size());
  for (const Amounts& each : amounts) pointers.push_back(&each);
  diff->suspects = Changed(pointers);
  std::stable_sort(diff->suspects.begin(), diff->suspects.end(),
                   [](const DiffRow& a, const DiffRow& b) {
                     return a.Growth().retained > b.Growth().retained;
                   });
  for (const DiffRow& row : diff->suspects) {
    diff->suspect_texts.push_back(texts[row.name]);
  }
}

}  // namespace

Amount DiffRow::Growth() const {
  const Amount& from = amounts.front();
  const Amount& to = amounts.back();
  return {Minus(to.count, from.count), Minus(to.size, from.size),
          Minus(to.retained, from.retained)};
}

Amount DiffRow::PerDump() const {
  const Amount growth = Growth();
  const auto steps = static_cast<int64_t>(amounts.size()) - 1;
  return {growth.count / steps, growth.size / steps, growth.retained / steps};
}

absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share) {
  HeapDiff diff;
  ASSIGN_OR_RETURN(const std::vector<HeapAmounts> amounts,
                   ReadHeaps(heaps, share));
  diff.classes = Changed(amounts, &HeapAmounts::classes);
  diff.namespaces = Changed(amounts, &HeapAmounts::namespaces);
  diff.sites = Changed(amounts, &HeapAmounts::sites);
  diff.gems = Changed(amounts, &HeapAmounts::gems);
  DiffSuspects(amounts, &diff);
  ASSIGN_OR_RETURN(AddedObjects added, FindAddedObjects(heaps));
  diff.added = std::move(added.groups);
  diff.added_count = added.added_count;
  diff.removed_count = added.removed_count;
  diff.same_count = added.same_count;
  diff.compacted = !added.moved.empty();
  if (diff.compacted) {
    diff.notes.push_back(absl::StrCat(
        added.moved,
        ". Growth by class, namespace, site and suspect holds all the same; ",
        added.ids.empty() ? "single objects can't be told apart, so `added` is "
                            "left out"
                          : "what is new is told by its generation, of traced "
                            "objects alone"));
  }
  ASSIGN_OR_RETURN(diff.growth_points, FindGrowthPoints(heaps.back(), added.ids,
                                                        kMostGrowthPoints));
  return diff;
}

}  // namespace heapq
