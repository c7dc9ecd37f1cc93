// The SQL of docs/reference/commands.md runs, and gives what the commands say.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/totals.h"
#include "query/waste/waste.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class CommandsPageTest : public StoreFixture {
 protected:
  void SetUp() override {
    HeapBuilder heap;
    auto& string = heap.Class("String");
    auto& session = heap.Class("App::Session");
    auto& start = heap.Iseq("start", "/srv/gems/app-1/app.rb", 12);
    auto& thread = heap.Data("VM/thread").Property("status", "run");
    auto& list = heap.Array();
    heap.Root("vm", thread);
    heap.Global("$list", list);
    thread.Frame("start", "/srv/gems/app-1/app.rb", 13, start,
                 {{"list", TestValue(list)}});
    for (int i = 0; i < 8; ++i) {
      auto& text = heap.Add("T_STRING", string).Text("twice").Size(50);
      list.Element(
          heap.Object(session).Size(100).At("/srv/app.rb", 3).Ivar("@t", text));
      heap.Object(session).Size(70);  // nobody's
    }
    Write(heap);
    auto opened = HeapDb::Open(path_);
    ASSERT_THAT(opened, IsOk());
    db_ = *std::move(opened);
    const auto waste = FindWaste(db_.get(), 10);
    ASSERT_THAT(waste, IsOk());
    waste_ = *waste;
  }

  // The page's queries, by what they read from.
  static Strings Queries() {
    const std::string page =
        ReadFile(std::string(SOURCE_DIR) + "/docs/reference/commands.md");
    const std::string open = "```sql\n";
    const size_t begin = page.find(open) + open.size();
    const std::string block =
        page.substr(begin, page.find("```", begin) - begin);
    Strings queries;
    for (size_t at = 0, end; (end = block.find(";\n", at)) != std::string::npos;
         at = end + 2) {
      queries.push_back(block.substr(at, end - at));
    }
    return queries;
  }
  Strings Documented(const std::string& from) const {
    for (const std::string& query : Queries()) {
      if (query.find(" FROM " + from + " ") != std::string::npos) {
        return Rows(query);
      }
    }
    ADD_FAILURE() << "no query reads " << from;
    return {};
  }

  std::unique_ptr<HeapDb> db_;
  Waste waste_;
};

TEST_F(CommandsPageTest, EveryQueryHasAnAnswer) {
  const Strings queries = Queries();
  EXPECT_GT(queries.size(), 8U);
  for (const std::string& query : queries) {
    EXPECT_FALSE(Rows(query).empty()) << query;
  }
  EXPECT_EQ("1", Rows(queries.back()).front()) << queries.back();
}

TEST_F(CommandsPageTest, TotalsAreThoseOfTheCommands) {
  for (const auto& [from, of] : std::map<std::string, TotalsOf>{
           {"namespaces", TotalsOf::kNamespaces},
           {"files", TotalsOf::kFiles},
           {"gems", TotalsOf::kGems},
           {"unreachable", TotalsOf::kUnreachable}}) {
    Strings rows;
    const auto totals = ReadTotals(db_.get(), of, 10);
    ASSERT_THAT(totals, IsOk());
    for (const TotalRow& total : *totals) {
      rows.push_back(
          absl::StrCat(total.name, "|", total.count, "|", total.size));
      if (total.retained) absl::StrAppend(&rows.back(), "|", *total.retained);
    }
    EXPECT_FALSE(rows.empty());
    EXPECT_EQ(rows, Documented(from)) << from;
  }
}

TEST_F(CommandsPageTest, WasteIsThatOfTheCommand) {
  Strings kinds;
  for (const WasteKind& kind : waste_.kinds) {
    kinds.push_back(absl::StrCat(kind.name, "|", kind.fix, "|", kind.count, "|",
                                 kind.bytes));
  }
  EXPECT_EQ(kinds, Documented("waste"));
  ASSERT_EQ(1U, waste_.owners.size());
  EXPECT_EQ("App::Session#@t", waste_.owners.front().name);
  EXPECT_EQ(Strings{"App::Session#@t|duplicate strings|7|350"},
            Documented("waste_owners"));
}

}  // namespace
}  // namespace heapq
