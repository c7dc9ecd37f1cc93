#ifndef HEAPQ_TESTS_SUPPORT_PRECOMPILED_H_
#define HEAPQ_TESTS_SUPPORT_PRECOMPILED_H_

// The headers that most tests include, precompiled with HEAPQ_PRECOMPILE. No
// source includes this file: each includes what it uses.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#endif  // HEAPQ_TESTS_SUPPORT_PRECOMPILED_H_
