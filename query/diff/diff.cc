#include "query/diff/diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/background.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_info.h"
#include "query/memory/memory_summary.h"
#include "query/paths/path_display.h"
#include "query/suspects/fingerprint.h"
#include "query/suspects/growth.h"
#include "query/suspects/suspects.h"
#include "query/suspects/wording.h"

namespace heapq {
namespace {

constexpr size_t kMaxGrown = 50;

// Rows with the same name are added up.
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
  std::unique_ptr<HeapPaths> paths;
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
  ASSIGN_OR_RETURN(heap->paths, HeapPaths::Read(db));
  ASSIGN_OR_RETURN(heap->suspects, FindSuspects(*heap->paths, share));
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
        [&heaps, &all, share, i](const Cancellation&) -> absl::StatusOr<bool> {
          RETURN_IF_ERROR(ReadHeap(heaps[i], share, &all[i]));
          return true;
        }));
  }
  for (auto& reader : readers) {
    RETURN_IF_ERROR(reader->Get(Cancellation()).status());
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

absl::Status DiffSuspects(const std::vector<HeapAmounts>& heaps,
                          HeapDiff* diff) {
  std::map<std::string, std::string> texts;
  std::set<uint64_t> fingerprints;
  for (const HeapAmounts& heap : heaps) {
    for (const Suspect& suspect : heap.suspects) {
      uint64_t hash = 0;
      if (absl::SimpleHexAtoi(suspect.fingerprint, &hash)) {
        fingerprints.insert(hash);
      }
      std::string text;
      for (const PathLine& line : LinesOf(suspect.path)) {
        absl::StrAppend(&text, text.empty() ? "" : " → ", line.label);
      }
      if (!suspect.held_class.empty()) {
        absl::StrAppend(&text, ": ", suspect.held_class);
      }
      texts[suspect.fingerprint] = std::move(text);
    }
  }
  std::vector<Amounts> amounts(heaps.size());
  for (size_t n = 0; n < heaps.size(); ++n) {
    const HeapPaths& paths = *heaps[n].paths;
    ASSIGN_OR_RETURN(const auto found, FindAmounts(paths, fingerprints));
    for (const uint64_t fingerprint : fingerprints) {
      const auto at = found.find(fingerprint);
      const PathAmount amount = at != found.end()
                                    ? at->second
                                    : AtMost(paths.prints.largest_unknown());
      Amount& to = amounts[n][FingerprintText(fingerprint)];
      to.count = static_cast<int64_t>(amount.count);
      to.size = static_cast<int64_t>(amount.bytes);
      to.retained = to.size;
      to.at_most = !amount.exact;
    }
  }
  std::vector<const Amounts*> pointers;
  pointers.reserve(amounts.size());
  for (const Amounts& each : amounts) pointers.push_back(&each);
  diff->suspects = Changed(pointers);
  diff->suspects.erase(
      std::remove_if(diff->suspects.begin(), diff->suspects.end(),
                     [](const DiffRow& row) {
                       return row.Growth() == Amount() &&
                              (row.amounts.front().at_most ||
                               row.amounts.back().at_most);
                     }),
      diff->suspects.end());
  std::stable_sort(diff->suspects.begin(), diff->suspects.end(),
                   [](const DiffRow& a, const DiffRow& b) {
                     return a.Growth().retained > b.Growth().retained;
                   });
  for (const DiffRow& row : diff->suspects) {
    diff->suspect_texts.push_back(texts[row.name]);
  }
  return absl::OkStatus();
}

// A change between amounts, one of which may be an upper bound.
int64_t Change(int64_t from, bool from_at_most, int64_t to, bool to_at_most) {
  const int64_t change = Minus(to, from);
  if (from_at_most && change < 0) return 0;
  if (to_at_most && change > 0) return 0;
  return change;
}

std::string VerdictOn(const std::vector<Suspect>& growth) {
  if (growth.empty()) return "Nothing grew that is large enough to be listed";
  const Suspect& first = growth.front();
  switch (first.level) {
    case SuspectLevel::kLikely:
      return "Likely a leak: " + first.sentence;
    case SuspectLevel::kPossible:
      return "Possibly a leak: " + first.sentence;
    case SuspectLevel::kLarge:
      break;
  }
  return "Nothing that grew looks like a leak. Most growth: " + first.sentence;
}

absl::StatusOr<std::string> MemoryGrowth(const std::vector<HeapDb*>& heaps,
                                         const std::vector<Suspect>& growth) {
  GrownHolder holder;
  if (!growth.empty() && growth.front().growth.has_value()) {
    holder = {growth.front().holder, growth.front().growth->bytes};
  }
  return ReadMemoryGrowth(heaps.front(), heaps.back(),
                          holder.name.empty() ? nullptr : &holder);
}

std::string NoteOnIdentity(size_t heaps, const NewObjects& added) {
  std::string note =
      "Allocations were not traced: objects are compared by address, type and "
      "class, so that an object counts as the same as one that was freed and "
      "had its address";
  if (heaps > 2) {
    absl::StrAppend(&note, ". ", CountText(added.reused_count), " of ",
                    CountText(added.added_count + added.reused_count),
                    " objects that came and stayed by address have other "
                    "contents in the last dump, and are left out");
  }
  return note;
}

}  // namespace

Amount DiffRow::Growth() const {
  const Amount& from = amounts.front();
  const Amount& to = amounts.back();
  const auto change = [&](int64_t a, int64_t b) {
    return Change(a, from.at_most, b, to.at_most);
  };
  return {change(from.count, to.count), change(from.size, to.size),
          change(from.retained, to.retained), from.at_most || to.at_most};
}

Amount DiffRow::PerDump() const {
  const Amount growth = Growth();
  const auto steps = static_cast<int64_t>(amounts.size()) - 1;
  return {growth.count / steps, growth.size / steps, growth.retained / steps,
          growth.at_most};
}

absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share) {
  HeapDiff diff;
  ASSIGN_OR_RETURN(const std::vector<HeapAmounts> amounts,
                   ReadHeaps(heaps, share));
  diff.classes = Changed(amounts, &HeapAmounts::classes);
  diff.namespaces = Changed(amounts, &HeapAmounts::namespaces);
  diff.sites = Changed(amounts, &HeapAmounts::sites);
  diff.gems = Changed(amounts, &HeapAmounts::gems);
  RETURN_IF_ERROR(DiffSuspects(amounts, &diff));
  ASSIGN_OR_RETURN(diff.minutes, MinutesBetween(heaps.front(), heaps.back()));
  std::vector<const HeapPaths*> paths;
  paths.reserve(amounts.size());
  for (const HeapAmounts& heap : amounts) paths.push_back(heap.paths.get());
  ASSIGN_OR_RETURN(diff.growth, FindGrowth(paths, diff.minutes, kMaxGrown));
  diff.verdict = VerdictOn(diff.growth);
  ASSIGN_OR_RETURN(diff.memory, MemoryGrowth(heaps, diff.growth));
  ASSIGN_OR_RETURN(NewObjects added, FindAddedObjects(heaps));
  diff.added = std::move(added.groups);
  diff.added_count = added.added_count;
  diff.removed_count = added.removed_count;
  diff.same_count = added.same_count;
  diff.reused_count = added.reused_count;
  diff.compacted = !added.moved.empty();
  if (!diff.compacted && !added.traced) {
    diff.notes.push_back(NoteOnIdentity(heaps.size(), added));
  }
  if (diff.compacted) {
    diff.notes.push_back(absl::StrCat(
        added.moved,
        ". Growth by class, namespace, site and suspect holds all the same; ",
        added.ids.empty()
            ? "single objects cannot be told apart, so `added` "
              "is left out"
            : "new objects are known by their generation, for traced "
              "objects alone"));
  }
  return diff;
}

}  // namespace heapq
