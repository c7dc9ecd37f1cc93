#include "query/labels/rule_label.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "query/labels/object_label.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

class RuleLabelTest : public StoreFixture {
 protected:
  void TearDown() override { Rules::Use(Rules::BuiltIn()); }

  static void Use(const std::string& toml) {
    auto rules = ParseRules(toml, "rules.toml");
    ASSERT_THAT(rules, IsOk());
    Rules::Use(*std::move(rules));
  }

  std::string Label(const HeapBuilder& heap, const TestObject& object) {
    WriteDump(heap.Format2(), {}, absl::StrCat(++files_, ".db"));
    auto db = HeapDb::Open(path_);
    EXPECT_THAT(db, IsOk());
    const auto id = (*db)->IdAt(object);
    EXPECT_THAT(id, IsOk());
    const auto row = (*db)->Object(*id);
    EXPECT_THAT(row, IsOk());
    const auto label = ObjectLabeler(db->get()).Label(*row);
    EXPECT_THAT(label, IsOk());
    return *label;
  }

  int files_ = 0;
};

TEST_F(RuleLabelTest, ARecordHasItsId) {
  HeapBuilder heap;
  auto& base = heap.Class("ActiveRecord::Base");
  auto& event_class = heap.Class("Event").Super(base);
  auto& hash_class = heap.Class("Hash");
  auto& set_class = heap.Class("ActiveModel::AttributeSet");
  auto& attribute = heap.Object(heap.Class("ActiveModel::Attribute"))
                        .Ivar("@value_before_type_cast", "42");
  auto& values = heap.Add("T_HASH", hash_class);
  values.Pair(heap.String("name"), heap.String("x"));
  values.Pair(heap.String("id"), attribute);
  auto& event = heap.Object(event_class)
                    .Ivar("@attributes",
                          heap.Object(set_class).Ivar("@attributes", values));
  EXPECT_EQ("#<Event id=42>", Label(heap, event));
}

TEST_F(RuleLabelTest, ARackEnvHasItsRequest) {
  HeapBuilder heap;
  auto& hash_class = heap.Class("Hash");
  auto& env = heap.Add("T_HASH", hash_class);
  env.Pair(heap.String("PATH_INFO"), heap.String("/pay/7\n"));
  EXPECT_EQ("Hash (1 entry)", Label(heap, env)) << "a value is missing";
  env.Pair(heap.String("REQUEST_METHOD"), heap.String("GET"));
  EXPECT_EQ("env of GET /pay/7\\n", Label(heap, env));
}

TEST_F(RuleLabelTest, RedactedValuesGiveNoLabel) {
  HeapBuilder heap;
  auto& env = heap.Add("T_HASH", heap.Class("Hash"));
  env.Pair(heap.String("PATH_INFO"),
           heap.String("(redacted 0123456789abcdef)"));
  env.Pair(heap.String("REQUEST_METHOD"), heap.String("GET"));
  EXPECT_EQ("Hash (2 entries)", Label(heap, env));
}

TEST_F(RuleLabelTest, TheUsersRulesReachEveryKindOfValue) {
  Use("[[label]]\nclass = \"*Order\"\n"
      "label = '{class} {@missing|@state} {@row[1].name} {@opts[:tag]}!'\n");
  HeapBuilder heap;
  auto& options = heap.Add("T_HASH", heap.Class("Hash")).Pair(":tag", "7");
  auto& row = heap.Add("T_ARRAY", heap.Class("Array"));
  row.Element("1").Element(
      heap.Struct(heap.Class("Item")).Member("name", heap.String("pen")));
  auto& order = heap.Object(heap.Class("Shop::Order"))
                    .Ivar("@state", ":paid")
                    .Ivar("@row", row)
                    .Ivar("@opts", options);
  EXPECT_EQ("Shop::Order :paid pen 7!", Label(heap, order));
}

TEST_F(RuleLabelTest, ClassesBelowAreLabelledOnlyIfTheRuleSaysSo) {
  const std::string rule =
      "[[label]]\nclass = \"Job\"\nlabel = '{class} {@id}'\n";
  HeapBuilder heap;
  auto& job = heap.Class("Job");
  auto& mail = heap.Object(heap.Class("MailJob").Super(job)).Ivar("@id", "9");
  Use(rule);
  EXPECT_EQ("#<MailJob:0x", Label(heap, mail).substr(0, 12));
  Use(rule + "subclasses = true\n");
  EXPECT_EQ("MailJob 9", Label(heap, mail));
}

}  // namespace
}  // namespace heapq
