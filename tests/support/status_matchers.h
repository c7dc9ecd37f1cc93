#ifndef HEAPQ_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define HEAPQ_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heapq {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).ok();
}

// The code, and a part of the message: "not OK" alone proves little.
MATCHER_P2(StatusIs, code, message_part, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code &&
         std::string(StatusOf(arg).message()).find(message_part) !=
             std::string::npos;
}

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_STATUS_MATCHERS_H_
