#include "indexer/store/file_table.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "indexer/store/gem_name.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class FileTableTest : public StoreFixture {};

TEST_F(FileTableTest, NamesGemsByTheirFolder) {
  EXPECT_EQ("rack-2.2.6", GemOf("/usr/lib/ruby/gems/3.1.0/gems/rack-2.2.6/"
                                "lib/rack.rb"));
  EXPECT_EQ("app-0fe1", GemOf("/srv/bundle/ruby/3.1.0/bundler/gems/app-0fe1/"
                              "lib/app.rb"));
  EXPECT_EQ("ruby", GemOf("/usr/lib/ruby/3.1.0/set.rb"));
  EXPECT_EQ("ruby", GemOf("<internal:kernel>"));
  EXPECT_EQ("(application)", GemOf("/srv/app/models/user.rb"));
  EXPECT_EQ("(application)", GemOf("/srv/gems/user.rb"));
}

TEST_F(FileTableTest, CodeBelongsToItsFileAndObjectsToWhatAllocatedThem) {
  HeapBuilder heap;
  auto& iseq = heap.Iseq("start", "/gems/bus-1/bus.rb", 3).Size(500);
  auto& proc = heap.Data("proc").Size(80).Part("iseq", iseq);
  auto& traced = heap.Data("proc").Size(70).Part("iseq", iseq);
  traced.At("/app/a.rb", 9);
  auto& env = heap.Imemo("VM/env").Size(60).Part("iseq", iseq);
  for (const auto* object : {&iseq, &proc, &traced, &env}) {
    heap.Root("vm", *object);
  }
  heap.Root("vm", heap.String("from nowhere"));
  Write(heap);
  EXPECT_EQ((Strings{"/app/a.rb|(application)|1|70|70",
                     "/gems/bus-1/bus.rb|bus-1|3|640|640"}),
            Rows("SELECT * FROM files ORDER BY name"));
  EXPECT_EQ((Strings{"(application)|1|70|70", "bus-1|3|640|640"}),
            Rows("SELECT * FROM gems ORDER BY name"));
}

TEST_F(FileTableTest, CountsWhatOneObjectRetainsInAnotherOnce) {
  HeapBuilder heap;
  auto& outer = heap.Array().Size(100).At("/gems/x-1/a.rb", 1);
  auto& inner = heap.Array().Size(10).At("/gems/x-1/b.rb", 2);
  auto& same = heap.Array().Size(1).At("/gems/x-1/a.rb", 3);
  auto& dead = heap.Array().Size(1000).At("/gems/x-1/a.rb", 4);
  (void)dead;
  heap.Root("vm", outer);
  outer.Element(inner);
  inner.Element(same);
  Write(heap);
  EXPECT_EQ(
      (Strings{"/gems/x-1/a.rb|x-1|3|1101|111", "/gems/x-1/b.rb|x-1|1|10|11"}),
      Rows("SELECT * FROM files ORDER BY name"));
  EXPECT_EQ((Strings{"x-1|4|1111|111"}), Rows("SELECT * FROM gems"));
}

// Compares each file's retained size with a walk up from every object.
TEST_F(FileTableTest, AgreesWithAWalkUpFromEachObject) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    HeapBuilder heap;
    std::vector<TestObject*> all;
    for (uint32_t n = 2 + random() % 40; n > 0; --n) {
      all.push_back(&heap.Array().Size(1 + random() % 100));
      if (random() % 3 != 0) {
        const uint32_t file = random() % 4;
        all.back()->At(absl::StrCat("/gems/g", file / 2, "/", file, ".rb"), 1);
      }
    }
    for (TestObject* object : all) {
      for (uint32_t n = random() % 3; n > 0; --n) {
        object->Element(*all[random() % all.size()]);
      }
    }
    heap.Root("vm", *all[random() % all.size()]);
    heap.Root("vm", *all[random() % all.size()]);
    WriteDump(heap.Format2(), {}, absl::StrCat(seed, ".db"));
    const char* const kOutermost =
        "SELECT f.%, sum(o.retained) FROM objects o JOIN v_sites s ON s.id = "
        "o.site JOIN files f ON f.name = s.file WHERE o.tier IS NOT NULL AND "
        "NOT EXISTS (WITH RECURSIVE up(id) AS (SELECT o.idom UNION ALL SELECT "
        "d.idom FROM up JOIN objects d ON d.id = up.id) SELECT 1 FROM up JOIN "
        "objects d ON d.id = up.id JOIN v_sites t ON t.id = d.site JOIN files "
        "g "
        "ON g.name = t.file WHERE g.% = f.%) GROUP BY 1 ORDER BY 1";
    for (const auto& [column, table] : std::map<std::string, std::string>{
             {"name", "files"}, {"gem", "gems"}}) {
      std::string sql = kOutermost;
      for (size_t at; (at = sql.find('%')) != std::string::npos;) {
        sql.replace(at, 1, column);
      }
      EXPECT_EQ(Rows(sql), Rows("SELECT name, retained FROM " + table +
                                " WHERE retained > 0 ORDER BY 1"));
    }
  }
}

}  // namespace
}  // namespace heapq
