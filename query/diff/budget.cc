#include "query/diff/budget.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/totals.h"
#include "query/db/did_you_mean.h"
#include "query/db/dump_header.h"
#include "query/db/heap_info.h"
#include "query/diff/diff.h"
#include "query/suspects/growth.h"
#include "query/suspects/suspects.h"

namespace heapq {
namespace {

constexpr uint64_t kAll = std::numeric_limits<int64_t>::max();

// Counts and sizes of one heap, by name.
using Amounts = std::map<std::string, Amount>;

int64_t Of(const Amount& amount, Budget::Measure measure) {
  switch (measure) {
    case Budget::kCount:
      return amount.count;
    case Budget::kSize:
      return amount.size;
    case Budget::kRetained:
      return amount.retained;
  }
  return 0;
}

// Everything in one heap that a budget may be about.
struct Measured {
  std::map<Budget::Of, Amounts> amounts;
  std::vector<Suspect> suspects;      // to find the named ones among
  std::vector<Suspect> new_suspects;  // that no budget and list names
  int64_t reachable_size = 0;
};

// A suspect must be looked for from its own budget on, not only from where
// suspects are usually reported.
double ShareOfSmallest(const BudgetSet& set, int64_t reachable_size) {
  constexpr double kMin = 0.001;
  double share = set.share;
  for (const Budget& budget : set.budgets) {
    if (budget.of != Budget::kSuspect || reachable_size <= 0) continue;
    share = std::min(share,
                     budget.unit == Budget::kAbsolute
                         ? budget.allowed / static_cast<double>(reachable_size)
                     : budget.growth ? kMin
                                     : budget.allowed);
  }
  return std::max(share, kMin);
}

absl::StatusOr<Measured> Measure(HeapDb* db, const BudgetSet& set) {
  Measured measured;
  ASSIGN_OR_RETURN(measured.reachable_size, db->MetaNumber("reachable_size"));
  Amount heap;
  ASSIGN_OR_RETURN(heap.count, db->MetaNumber("reachable"));
  heap.size = measured.reachable_size;
  heap.retained = measured.reachable_size;
  measured.amounts[Budget::kHeap][""] = heap;

  std::set<Budget::Of> wanted;
  for (const Budget& budget : set.budgets) wanted.insert(budget.of);
  if (wanted.count(Budget::kClass) != 0) {
    ASSIGN_OR_RETURN(const TopTypes types,
                     FindTopTypes(db, TypeOrder::kCount, kAll));
    Amounts& amounts = measured.amounts[Budget::kClass];
    for (const TypeCount& type : types.rows) {
      Amount& amount = amounts[type.name];  // a name may have several classes
      amount.count += static_cast<int64_t>(type.count);
      amount.size += static_cast<int64_t>(type.size);
      amount.retained += static_cast<int64_t>(type.retained.value_or(0));
    }
  }
  if (wanted.count(Budget::kNamespace) != 0) {
    ASSIGN_OR_RETURN(const std::vector<TotalRow> totals,
                     ReadTotals(db, TotalsOf::kNamespaces, kAll));
    Amounts& amounts = measured.amounts[Budget::kNamespace];
    for (const TotalRow& total : totals) {
      amounts[total.name] = {static_cast<int64_t>(total.count),
                             static_cast<int64_t>(total.size),
                             static_cast<int64_t>(total.retained.value_or(0))};
    }
  }
  if (wanted.count(Budget::kSuspect) != 0) {
    ASSIGN_OR_RETURN(
        measured.suspects,
        FindSuspects(db, ShareOfSmallest(set, measured.reachable_size)));
  }
  if (wanted.count(Budget::kNewSuspects) != 0) {
    std::set<std::string> known(set.known.begin(), set.known.end());
    for (const Budget& budget : set.budgets) {
      if (budget.of == Budget::kSuspect) known.insert(budget.name);
    }
    ASSIGN_OR_RETURN(measured.new_suspects, FindSuspects(db, set.share));
    measured.new_suspects.erase(
        std::remove_if(measured.new_suspects.begin(),
                       measured.new_suspects.end(),
                       [&known](const Suspect& suspect) {
                         return known.count(suspect.fingerprint) != 0;
                       }),
        measured.new_suspects.end());
    measured.amounts[Budget::kNewSuspects][""].count =
        static_cast<int64_t>(measured.new_suspects.size());
  }
  return measured;
}

// Returns what the suspects with these fingerprints hold in a heap, whether
// they are suspects there or not. `at_most`: of those that are too small to be
// recorded, the most that they can hold instead of nothing.
absl::StatusOr<Amounts> MeasureSuspects(HeapDb* db,
                                        const std::set<std::string>& names,
                                        bool at_most) {
  std::map<uint64_t, std::string> hashes;
  std::set<uint64_t> wanted;
  for (const std::string& name : names) {
    uint64_t hash = 0;
    if (!absl::SimpleHexAtoi(name, &hash)) continue;
    hashes[hash] = name;
    wanted.insert(hash);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapPaths> paths, HeapPaths::Read(db));
  ASSIGN_OR_RETURN(const auto found, FindAmounts(*paths, wanted));
  Amounts amounts;
  for (const auto& [hash, name] : hashes) {
    const auto at = found.find(hash);
    PathAmount amount;
    if (at != found.end()) {
      amount = at->second;
    } else if (at_most) {
      amount = AtMost(paths->prints.largest_unknown());
    }
    amounts[name].count = static_cast<int64_t>(amount.count);
    amounts[name].retained = static_cast<int64_t>(amount.bytes);
  }
  return amounts;
}

// Seconds between two dumps, by their headers.
absl::StatusOr<double> SecondsBetween(HeapDb* before, HeapDb* db) {
  absl::Time times[2];
  for (const int i : {0, 1}) {
    HeapDb* const heap = i == 0 ? before : db;
    ASSIGN_OR_RETURN(const DumpHeader header, ReadDumpHeader(heap));
    const std::optional<absl::Time> time = header.time();
    if (!time.has_value()) {
      return absl::FailedPreconditionError(
          absl::StrCat(heap->path(),
                       ": its dump does not say when it was taken, so "
                       "nothing can be said by the hour"));
    }
    times[i] = *time;
  }
  const double seconds = absl::ToDoubleSeconds(times[1] - times[0]);
  if (seconds == 0) {  // some headers have whole seconds
    return absl::FailedPreconditionError(
        absl::StrCat(before->path(), ": by its header taken at the same time ",
                     "as ", db->path(),
                     ", so nothing can be said by the hour; let more time "
                     "pass between the dumps"));
  }
  if (seconds < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(before->path(), ": was not taken before ", db->path(),
                     "; name the older one with --against"));
  }
  return seconds;
}

class BudgetCheck {
 public:
  BudgetCheck(HeapDb* db, HeapDb* before, const BudgetSet& set)
      : db_(*db), before_(before), set_(set), retention_(db) {}

  absl::StatusOr<BudgetAnswer> Check() {
    ASSIGN_OR_RETURN(now_, Measure(&db_, set_));
    if (before_ != nullptr && set_.has_growth()) {
      ASSIGN_OR_RETURN(then_, Measure(before_, set_));
    }
    RETURN_IF_ERROR(MeasureAllSuspects());
    uint64_t left_out = 0;
    for (const Budget& budget : set_.budgets) {
      if (budget.growth && before_ == nullptr) {
        ++left_out;
      } else {
        RETURN_IF_ERROR(CheckOne(budget));
      }
    }
    if (left_out > 0) {
      answer_.notes.push_back(absl::StrCat(
          left_out,
          left_out == 1 ? " budget of growth was" : " budgets of growth were",
          " not checked: name the older heap.db with --against"));
    }
    return std::move(answer_);
  }

 private:
  // Compares like with like: each fingerprint of either heap in both.
  absl::Status MeasureAllSuspects() {
    std::set<std::string> names;
    for (const Budget& budget : set_.budgets) {
      if (budget.of == Budget::kSuspect && budget.name != "*") {
        names.insert(budget.name);
      }
    }
    for (const Measured* measured : {&now_, &then_}) {
      for (const Suspect& suspect : measured->suspects) {
        names.insert(suspect.fingerprint);
      }
    }
    if (names.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(now_.amounts[Budget::kSuspect],
                     MeasureSuspects(&db_, names, false));
    if (before_ == nullptr || !set_.has_growth()) return absl::OkStatus();
    ASSIGN_OR_RETURN(then_.amounts[Budget::kSuspect],
                     MeasureSuspects(before_, names, true));
    return absl::OkStatus();
  }

  absl::Status CheckOne(const Budget& budget) {
    if (budget.name != "*") {
      NoteIfUnknown(budget);
      ASSIGN_OR_RETURN(BudgetResult result, Compare(budget, budget.name));
      answer_.results.push_back(std::move(result));
      return absl::OkStatus();
    }
    std::set<std::string> own;
    for (const Budget& other : set_.budgets) {
      if (other.of == budget.of && other.growth == budget.growth &&
          other.measure == budget.measure) {
        own.insert(other.name);
      }
    }
    // All that are broken; if none is, the one that is nearest to it.
    std::vector<BudgetResult> broken;
    std::optional<BudgetResult> nearest;
    for (const auto& [name, amount] : now_.amounts[budget.of]) {
      // "(T_IMEMO)" and the like are not classes.
      if (own.count(name) != 0 || name.compare(0, 1, "(") == 0) continue;
      ASSIGN_OR_RETURN(BudgetResult result, Compare(budget, name));
      if (result.broken) {
        broken.push_back(std::move(result));
      } else if (!nearest.has_value() || result.found > nearest->found) {
        nearest = std::move(result);
      }
    }
    std::stable_sort(broken.begin(), broken.end(),
                     [](const BudgetResult& a, const BudgetResult& b) {
                       return a.found > b.found;
                     });
    if (broken.empty()) {
      if (!nearest.has_value()) nearest.emplace().budget = budget;
      answer_.results.push_back(*std::move(nearest));
    }
    for (BudgetResult& result : broken) {
      answer_.results.push_back(std::move(result));
    }
    return absl::OkStatus();
  }

  // A name with a slip in it would hold any budget.
  void NoteIfUnknown(const Budget& budget) {
    if (budget.of != Budget::kClass && budget.of != Budget::kNamespace) return;
    const Amounts& amounts = now_.amounts[budget.of];
    if (amounts.count(budget.name) != 0) return;
    if (then_.amounts[budget.of].count(budget.name) != 0) return;
    DidYouMean nearest(budget.name);
    for (const auto& [name, amount] : amounts) nearest.Try(name);
    std::string note = absl::StrCat(
        "line ", budget.line, ": ", db_.path(), " has no ",
        budget.of == Budget::kClass ? "class " : "namespace ", budget.name);
    if (!nearest.name().empty()) {
      absl::StrAppend(&note, "; did you mean ", std::string(nearest.name()),
                      "?");
    }
    answer_.notes.push_back(std::move(note));
  }

  static int64_t Find(const Measured& measured, const Budget& budget,
                      const std::string& name) {
    const auto amounts = measured.amounts.find(budget.of);
    if (amounts == measured.amounts.end()) return 0;
    const auto found = amounts->second.find(name);
    return found == amounts->second.end() ? 0
                                          : Of(found->second, budget.measure);
  }

  absl::StatusOr<BudgetResult> Compare(const Budget& budget,
                                       const std::string& name) {
    BudgetResult result;
    result.budget = budget;
    result.name = name;
    result.amount = Find(now_, budget, name);
    if (budget.growth) {
      result.before = Find(then_, budget, name);
      result.amount -= result.before;
    }
    result.found = static_cast<double>(result.amount);
    if (budget.unit == Budget::kShare) {
      const int64_t whole = budget.growth ? result.before : now_.reachable_size;
      // Growth from nothing has no share; any is too much.
      result.found = whole > 0 ? result.found / static_cast<double>(whole)
                     : result.amount > 0
                         ? std::numeric_limits<double>::infinity()
                         : 0;
    } else if (budget.unit == Budget::kPerSecond) {
      if (seconds_ == 0) {
        ASSIGN_OR_RETURN(seconds_, SecondsBetween(before_, &db_));
      }
      result.found /= seconds_;
    }
    result.broken = result.found > budget.allowed;
    if (result.broken) {
      ASSIGN_OR_RETURN(result.path, WhereToLook(budget, name));
    }
    return result;
  }

  absl::StatusOr<RetentionPath> WhereToLook(const Budget& budget,
                                            const std::string& name) {
    if (budget.growth && (budget.of != Budget::kSuspect)) {
      if (!diff_.has_value()) {
        ASSIGN_OR_RETURN(diff_, Diff({before_, &db_}, set_.share));
      }
      for (const Suspect& grown : diff_->growth) {
        if (IsAbout(budget.of, name, grown.held_class)) return grown.path;
      }
    }
    switch (budget.of) {
      case Budget::kSuspect:
        for (const Suspect& suspect : now_.suspects) {
          if (suspect.fingerprint == name) return suspect.path;
        }
        return RetentionPath();
      case Budget::kNewSuspects:
        return now_.new_suspects.front().path;
      case Budget::kHeap: {
        ASSIGN_OR_RETURN(const TopRetainers top, FindTopRetainers(&db_, 1));
        if (top.rows.empty()) return RetentionPath();
        return PathTo(top.rows.front().id);
      }
      default: {
        ASSIGN_OR_RETURN(const uint32_t id, BiggestOf(budget.of, name));
        if (id == 0) return RetentionPath();
        return PathTo(id);
      }
    }
  }

  static bool IsAbout(Budget::Of of, const std::string& name,
                      const std::string& class_name) {
    return of == Budget::kHeap || class_name == name ||
           (of == Budget::kNamespace &&
            class_name.compare(0, name.size() + 2, name + "::") == 0);
  }

  // The reachable instance that keeps most; 0: none.
  absl::StatusOr<uint32_t> BiggestOf(Budget::Of of, const std::string& name) {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached(
            "SELECT o.id FROM objects o WHERE o.tier IS NOT NULL AND o.class "
            "IN (SELECT c.id FROM classes c JOIN classes r ON r.id = "
            "c.\"real\" WHERE r.name = ?1 OR (?2 AND substr(r.name, 1, "
            "length(?1) + 2) = ?1 || '::')) ORDER BY o.retained DESC, o.id "
            "LIMIT 1"));
    rows->Bind(1, name);
    rows->Bind(2, int64_t{of == Budget::kNamespace ? 1 : 0});
    ASSIGN_OR_RETURN(const bool found, rows->Step());
    return found ? static_cast<uint32_t>(rows->Int(0)) : 0;
  }

  absl::StatusOr<RetentionPath> PathTo(uint32_t id) {
    ASSIGN_OR_RETURN(WhyAlive why, retention_.Why(id, WhyAliveOptions()));
    if (why.paths.empty()) return RetentionPath();
    return std::move(why.paths.front());
  }

  HeapDb& db_;
  HeapDb* const before_;
  const BudgetSet& set_;
  Retention retention_;
  Measured now_;
  Measured then_;
  double seconds_ = 0;  // between the two; 0: not asked for yet
  std::optional<HeapDiff> diff_;
  BudgetAnswer answer_;
};

}  // namespace

bool BudgetSet::has_growth() const {
  return std::any_of(budgets.begin(), budgets.end(),
                     [](const Budget& budget) { return budget.growth; });
}

absl::StatusOr<BudgetAnswer> CheckBudgets(HeapDb* db, HeapDb* before,
                                          const BudgetSet& set) {
  return BudgetCheck(db, before, set).Check();
}

}  // namespace heapq
