#ifndef HEAPQ_INDEXER_BASE_STATUS_MACROS_H_
#define HEAPQ_INDEXER_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define HEAPQ_CONCAT_INNER_(a, b) a##b
#define HEAPQ_CONCAT_(a, b) HEAPQ_CONCAT_INNER_(a, b)

// Returns from the enclosing function if `expr` is not OK.
#define RETURN_IF_ERROR(expr) \
  RETURN_IF_ERROR_IMPL_(HEAPQ_CONCAT_(heapq_status_, __LINE__), expr)
#define RETURN_IF_ERROR_IMPL_(tmp, expr)                  \
  do {                                                    \
    if (absl::Status tmp = (expr); !tmp.ok()) return tmp; \
  } while (false)

// Declares or assigns `lhs` from a StatusOr, or returns its error.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL_(HEAPQ_CONCAT_(heapq_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr)   \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)

#endif  // HEAPQ_INDEXER_BASE_STATUS_MACROS_H_
