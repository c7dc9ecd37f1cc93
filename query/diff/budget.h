#ifndef HEAPQ_QUERY_DIFF_BUDGET_H_
#define HEAPQ_QUERY_DIFF_BUDGET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/paths/why_alive.h"

namespace heapq {

// How much of something a heap may hold, or get from one dump to the next.
struct Budget {
  enum Of { kHeap, kClass, kNamespace, kSuspect, kNewSuspects };
  enum Measure { kCount, kSize, kRetained };  // objects, shallow, bytes kept
  enum Unit {
    kAbsolute,   // objects or bytes
    kShare,      // of the reachable bytes; of growth: of what there was
    kPerSecond,  // of growth: objects or bytes for each second between dumps
  };

  Of of = kHeap;
  // A class or namespace; "*": each that has no budget of this measure of
  // its own. For a suspect: its fingerprint.
  std::string name;
  Measure measure = kCount;
  bool growth = false;
  double allowed = 0;
  Unit unit = kAbsolute;
  uint32_t line = 0;  // of the file that it stands in
};

struct BudgetSet {
  std::vector<Budget> budgets;
  // The minimum share that a suspect keeps, 0 to 1; see FindSuspects.
  double share = 0.1;
  std::vector<std::string> known;  // fingerprints that count as no new ones

  bool has_growth() const;
};

// A budget and what was found.
struct BudgetResult {
  Budget budget;
  std::string name;    // as the budget's; which one of "*"
  double found = 0;    // in objects or bytes, or as `budget.unit` says
  int64_t amount = 0;  // objects or bytes: what there is, or came
  int64_t before = 0;  // of growth: what there was
  bool broken = false;
  // The path to the object to look at first; empty unless the budget is broken.
  RetentionPath path;
};

struct BudgetAnswer {
  std::vector<BudgetResult> results;  // in the order of the budgets
  // Notes for the reader: names that no class has, budgets of growth
  // when there is nothing to compare with.
  std::vector<std::string> notes;
};

// Holds `db` against budgets. `before`: an older dump of the same process, or
// null: budgets of growth are then left out. Errors: kFailedPrecondition where
// a rate is asked for and the dumps do not say when they were taken.
absl::StatusOr<BudgetAnswer> CheckBudgets(HeapDb* db, HeapDb* before,
                                          const BudgetSet& set);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DIFF_BUDGET_H_
