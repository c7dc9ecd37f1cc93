#ifndef HEAPQ_CLI_CHECK_BUDGET_FILE_H_
#define HEAPQ_CLI_CHECK_BUDGET_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "query/diff/budget.h"

namespace heapq {

// Reads a file of budgets (TOML, docs/guide/budgets.md). Errors are the
// caller's mistakes, exit code 2, and name the line; kNotFound if there is no
// file.
absl::StatusOr<BudgetSet> ReadBudgetFile(const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_CLI_CHECK_BUDGET_FILE_H_
