#include "query/allocations/allocation_profile.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "query/aggregates/totals.h"
#include "query/suspects/suspects.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class AllocationProfileTest : public StoreFixture {
 protected:
  // A heap with the record of samples in it.
  void WriteWith(const HeapBuilder& heap, const std::string& samples) {
    std::string dump = heap.Format2();
    const size_t end = dump.find(",{\"id\":\"_END_\"");
    ASSERT_NE(std::string::npos, end);
    dump.insert(end, absl::StrCat(",{\"id\":\"_SAMPLES_\",", samples, "}\n"));
    WriteDump(dump);
    auto db = HeapDb::Open(path_);
    ASSERT_THAT(db, IsOk());
    db_ = *std::move(db);
  }

  std::unique_ptr<HeapDb> db_;
};

// Two objects of one line, called from two others, and one whose line is that
// of a gem.
TEST_F(AllocationProfileTest, SitesAreSummedByWeight) {
  HeapBuilder heap;
  auto& node = heap.Class("Node");
  auto& first = heap.Object(node).Size(100);
  auto& second = heap.Object(node).Size(50);
  auto& third = heap.Object(node).Size(40);
  for (TestObject* object : {&first, &second, &third}) {
    heap.Root("vm", *object);
  }
  const auto sample = [](const TestObject& object, int stack, int weight) {
    return absl::StrCat("[", object.id(), ",", stack, ",", weight, ",1]");
  };
  WriteWith(
      heap,
      absl::StrCat(
          "\"frames\":[[\"/app/a.rb\",1,\"A#a\"],[\"/app/b.rb\",2,\"B#b\"],"
          "[\"/app/c.rb\",3,\"\"],[\"/gems/rack-2.0/lib/rack.rb\",4,\"R#r\"]],"
          "\"stacks\":[[0,1],[0,2],[3,2]],\"objects\":[",
          absl::StrJoin({sample(first, 0, 10), sample(second, 1, 1),
                         sample(third, 2, 2), std::string("[16,0,9,1]")},
                        ","),
          "]"));
  const auto totals = ReadTotals(db_.get(), TotalsOf::kSites, 10);
  ASSERT_THAT(totals, IsOk());
  std::vector<std::string> rows;
  for (const TotalRow& row : *totals) {
    rows.push_back(absl::StrCat(row.name, " ", row.count, " ", row.size));
  }
  EXPECT_EQ((Strings{"/app/a.rb:1 in A#a 11 1050",
                     "/gems/rack-2.0/lib/rack.rb:4 in R#r 2 80"}),
            rows);
  // Callers in common have one row.
  EXPECT_EQ("5", Value("SELECT count(*) FROM allocation_stacks"));
  EXPECT_EQ((Strings{"10|/app/a.rb|1|A#a", "1|/app/a.rb|1|A#a",
                     "2|/gems/rack-2.0/lib/rack.rb|4|R#r"}),
            Rows("SELECT weight, file, line, method FROM v_allocations"));
}

TEST_F(AllocationProfileTest, ASuspectNamesTheLineThatAllocatesIt) {
  HeapBuilder heap;
  auto& cache_class = heap.Class("Cache");
  auto& cache = heap.Object(cache_class);
  auto& hash_class = heap.Class("Hash");
  heap.Root("vm", hash_class);
  auto& map = heap.Add("T_HASH", hash_class).Size(1000);
  cache_class.Const("INSTANCE", cache);
  heap.Root("vm", cache_class);
  cache.Ivar("@map", map);
  std::vector<std::string> samples;
  auto& other = heap.String("elsewhere").Size(500);
  heap.Root("vm", other);
  samples.push_back(absl::StrCat("[", other.id(), ",2,1000,1]"));
  for (int i = 0; i < 300; ++i) {
    auto& value = heap.String(std::string(100, 'x')).Size(141);
    map.Pair(heap.String(absl::StrCat("user:", i)), value);
    if (i % 50 == 0) {
      const int stack = i == 0 ? 1 : 0;
      samples.push_back(absl::StrCat("[", value.id(), ",", stack, ",50,1]"));
    }
  }
  WriteWith(heap,
            absl::StrCat("\"frames\":[[\"/usr/lib/ruby/3.1.0/json.rb\",9,"
                         "\"JSON.load\"],[\"/app/users.rb\",12,\"Users#add\"],"
                         "[\"/app/other.rb\",1,\"\"]],\"stacks\":[[0,1],[2,1],"
                         "[2]],\"objects\":[",
                         absl::StrJoin(samples, ","), "]"));
  const auto suspects = FindSuspects(db_.get(), 0.1);
  ASSERT_THAT(suspects, IsOk());
  ASSERT_FALSE(suspects->empty());
  const auto& at = suspects->front().allocated_at;
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ("/app/users.rb:12 in Users#add (83 %, 5 samples)", at->Text());
  ASSERT_EQ(2u, at->stack.size());
  EXPECT_EQ("/usr/lib/ruby/3.1.0/json.rb:9 in JSON.load", at->stack[0].Text());
}

TEST_F(AllocationProfileTest, WithoutSamplesTheTracedSitesAreSummed) {
  HeapBuilder heap;
  heap.Root("vm", heap.Object(heap.Class("Node")).Size(64).At("app.rb", 7));
  Write(heap);
  auto db = HeapDb::Open(path_);
  ASSERT_THAT(db, IsOk());
  const auto totals = ReadTotals(db->get(), TotalsOf::kSites, 10);
  ASSERT_THAT(totals, IsOk());
  ASSERT_EQ(1u, totals->size());
  EXPECT_EQ("app.rb:7", totals->front().name);
  const auto profile = AllocationProfile::Read(db->get());
  ASSERT_THAT(profile, IsOk());
  EXPECT_TRUE(profile->empty());
}

}  // namespace
}  // namespace heapq
