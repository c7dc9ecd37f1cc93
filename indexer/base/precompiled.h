#ifndef HEAPQ_INDEXER_BASE_PRECOMPILED_H_
#define HEAPQ_INDEXER_BASE_PRECOMPILED_H_

// The headers that most sources include, precompiled with HEAPQ_PRECOMPILE.
// No source includes this file: each includes what it uses.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#endif  // HEAPQ_INDEXER_BASE_PRECOMPILED_H_
