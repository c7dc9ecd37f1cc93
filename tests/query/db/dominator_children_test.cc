#include "query/db/dominator_children.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"
#include "tests/support/random_dump.h"

namespace heapq {
namespace {

class DominatedTest : public StoreFixture {
 protected:
  void Load(const std::string& dump) {
    WriteDump(dump, {}, absl::StrCat(++files_, ".db"));
    auto db = HeapDb::Open(path_);
    ASSERT_THAT(db, IsOk());
    db_ = *std::move(db);
    objects_.clear();
    for (uint32_t id = 1; id <= db_->last_id(); ++id) {
      const auto object = db_->Object(id);
      ASSERT_THAT(object, IsOk());
      objects_[id] = *object;
    }
  }

  int files_ = 0;
  std::unique_ptr<HeapDb> db_;
  std::map<uint32_t, ObjectRow> objects_;
};

TEST_F(DominatedTest, BelowIsAllThatLeadsUpToIt) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Load(RandomDump(seed, 1500));
    // By climbing up from each.
    std::map<uint32_t, std::set<uint32_t>> below;
    for (const auto& [id, object] : objects_) {
      if (!object.reachable) continue;
      for (uint32_t at = id; at != 0;) {
        at = objects_[at].idom;
        below[at].insert(id);
      }
    }
    DominatorChildReader reader(db_.get());
    for (uint32_t id = 0; id <= db_->last_id(); ++id) {
      std::set<uint32_t> found;
      ASSERT_THAT(reader.Below(id,
                               [&](const DominatorChild& object) {
                                 EXPECT_TRUE(found.insert(object.id).second);
                                 const ObjectRow& row = objects_[object.id];
                                 EXPECT_EQ(row.size, object.size);
                                 EXPECT_EQ(row.retained, object.retained);
                                 EXPECT_EQ(row.type, object.type);
                                 EXPECT_EQ(!below[object.id].empty(),
                                           object.dominates);
                               }),
                  IsOk());
      EXPECT_EQ(below[id], found) << "seed " << seed << ", #" << id;
      if (HasFailure()) return;
    }
  }
}

TEST_F(DominatedTest, ChildrenComeBiggestFirstAndOnlyAsManyAsWanted) {
  Load(RandomDump(7, 1500));
  DominatorChildReader reader(db_.get());
  const auto all = reader.Children(0, 1000000);
  ASSERT_THAT(all, IsOk());
  ASSERT_LT(3u, all->size());
  for (size_t i = 1; i < all->size(); ++i) {
    EXPECT_GE((*all)[i - 1].retained, (*all)[i].retained);
  }
  EXPECT_EQ(3u, reader.Children(0, 3)->size());
  std::vector<uint32_t> taken;
  ASSERT_THAT(reader.ChildrenOf({0},
                                [&](const DominatorChild& child) {
                                  taken.push_back(child.id);
                                  return taken.size() < 2;
                                }),
              IsOk());
  EXPECT_EQ((std::vector<uint32_t>{(*all)[0].id, (*all)[1].id}), taken);
}

// So that no question about it goes on for ever.
TEST_F(DominatedTest, ARingIsAnError) {
  HeapBuilder heap;
  auto& outer = heap.Array();
  auto& inner = heap.Array();
  heap.Root("vm", outer.Element(inner));
  Load(heap.Format2());
  db_.reset();
  auto file = Connection::Reopen(path_);
  ASSERT_THAT(file, IsOk());
  ASSERT_THAT((*file)->Execute("UPDATE dominated SET size = 1, idom = " +
                               IdOf(inner) + " WHERE id = " + IdOf(inner)),
              IsOk());
  ASSERT_THAT((*file)->Close(), IsOk());
  auto db = HeapDb::Open(path_);
  ASSERT_THAT(db, IsOk());
  const auto below = DominatorChildReader(db->get()).Below(
      static_cast<uint32_t>(std::stoul(IdOf(inner))),
      [](const DominatorChild&) {});
  EXPECT_EQ(absl::StatusCode::kDataLoss, below.code());
}

}  // namespace
}  // namespace heapq
