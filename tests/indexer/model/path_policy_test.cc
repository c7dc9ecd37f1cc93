#include "indexer/model/path_policy.h"

#include "gtest/gtest.h"

namespace heapq {
namespace {

// The slot is left over from a call; the path by names must win over it.
TEST(PathPolicy, AnIncludedModuleInAStackSlotIsNotAReasonToBeAlive) {
  EXPECT_EQ(kCache, EdgeTier(PathRole::kThread, EdgeKind::kRef,
                             PathRole::kIclass, false));
  EXPECT_EQ(Hold::kPassing, EdgeHold(PathRole::kThread, EdgeKind::kRef,
                                     PathRole::kIclass, false));
  EXPECT_EQ(kWritten, EdgeTier(PathRole::kThread, EdgeKind::kRef,
                               PathRole::kContainer, false));
  EXPECT_EQ(kStructure, EdgeTier(PathRole::kData, EdgeKind::kRef,
                                 PathRole::kIclass, false));
}

}  // namespace
}  // namespace heapq
