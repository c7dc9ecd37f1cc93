#include "indexer/model/object_kind.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/model/object_type.h"
#include "indexer/model/path_policy.h"

namespace heapq {
namespace {

// Names in some order, as a heap's dictionary has them; 0 is "".
class Names {
 public:
  explicit Names(std::vector<std::string_view> texts)
      : texts_(std::move(texts)) {}
  uint32_t Find(std::string_view text) const {
    const auto found = std::find(texts_.begin(), texts_.end(), text);
    return found == texts_.end()
               ? 0
               : static_cast<uint32_t>(found - texts_.begin());
  }
  size_t size() const { return texts_.size(); }

 private:
  std::vector<std::string_view> texts_;
};

TEST(ObjectKindTest, EveryNameFindsItsOwnRow) {
  for (const std::string_view name : ObjectKindNames()) {
    EXPECT_EQ(TraitsOfKind(name).name, name);
    EXPECT_NE(KindOf(name), ObjectKind::kOther) << name;
    EXPECT_EQ(KindOf(KindName(KindOf(name))), KindOf(name)) << name;
  }
  EXPECT_EQ(KindOf("VM/thread"), KindOf("thread"));
  EXPECT_EQ(KindOf(""), ObjectKind::kOther);
  EXPECT_EQ(KindOf("autoload"), ObjectKind::kOther);
  EXPECT_EQ(KindName(ObjectKind::kOther), "");
}

TEST(ObjectKindTest, KindsByNameFollowTheNumbersOfTheNames) {
  const std::vector<ObjectKind> kinds =
      KindsByName(Names({"", "cats", "fiber", "proc", "VM/env"}));
  EXPECT_EQ(kinds,
            (std::vector<ObjectKind>{ObjectKind::kOther, ObjectKind::kOther,
                                     ObjectKind::kFiber, ObjectKind::kProc,
                                     ObjectKind::kEnv}));
}

TEST(ObjectKindTest, TheRoleOnAPathDependsOnTypeAndKind) {
  EXPECT_EQ(RoleOf(ObjectType::kImemo, "iseq", false), PathRole::kCode);
  EXPECT_EQ(RoleOf(ObjectType::kData, "iseq", false), PathRole::kCode);
  EXPECT_EQ(RoleOf(ObjectType::kImemo, "ment", false), PathRole::kCode);
  EXPECT_EQ(RoleOf(ObjectType::kData, "ment", false), PathRole::kData);
  EXPECT_EQ(RoleOf(ObjectType::kImemo, "svar", false), PathRole::kInternal);
  EXPECT_EQ(RoleOf(ObjectType::kData, "fiber", false), PathRole::kThread);
  EXPECT_EQ(RoleOf(ObjectType::kData, "queue", false), PathRole::kData);
  // A hidden table is internal, a thread that a root holds is not.
  EXPECT_EQ(RoleOf(ObjectType::kData, "queue", true), PathRole::kInternal);
  EXPECT_EQ(RoleOf(ObjectType::kData, "proc", true), PathRole::kInternal);
  EXPECT_EQ(RoleOf(ObjectType::kData, "VM/thread", true), PathRole::kThread);
  EXPECT_EQ(RoleOf(ObjectType::kArray, "", true), PathRole::kInternal);
}

}  // namespace
}  // namespace heapq
