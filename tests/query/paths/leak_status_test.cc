#include "query/paths/leak_status.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LivenessTest : public StoreFixture {
 protected:
  // The best path to an object, judged: "@a alive: reason" for each step.
  Strings Judge(const HeapBuilder& heap, const TestObject& object,
                const std::string& rules = "{\"rules\": []}") {
    WriteDump(heap.Format2(), {}, absl::StrCat(++files_, ".db"));
    auto db = HeapDb::Open(path_);
    EXPECT_THAT(db, IsOk());
    auto parsed = ParseLivenessRules(rules, "rules.json");
    EXPECT_THAT(parsed, IsOk());
    const auto id = (*db)->IdAt(object);
    EXPECT_THAT(id, IsOk());
    const auto why = Retention(db->get()).Why(*id, WhyAliveOptions());
    EXPECT_THAT(why, IsOk());
    LeakStatusInspector judge(db->get(), *std::move(parsed));
    const RetentionPath& path = why->paths.front();
    const auto liveness = judge.Judge(path);
    EXPECT_THAT(liveness, IsOk());
    suspects_ = SuspectLabels(path, *liveness);
    Strings steps;
    for (size_t i = 0; i < path.steps.size(); ++i) {
      const InspectedStatus& step = liveness->steps[i];
      steps.push_back(path.steps[i].edge_label + " " +
                      std::string(LivenessName(step.liveness)) + " " +
                      step.reason);
    }
    return steps;
  }

  Strings suspects_;  // of the last path
  int files_ = 0;
};

TEST_F(LivenessTest, SuspectsLieBetweenWhatMayLiveAndWhatShouldNot) {
  HeapBuilder heap;
  auto& bus_class = heap.Class("Bus");
  auto& bus = heap.Object(bus_class);
  bus_class.Const("DEFAULT", bus);
  heap.Root("vm", bus_class);
  auto& list = heap.Array();
  auto& file = heap.Add("T_FILE").Property("closed", "true");
  auto& buffer = heap.String("buffer");
  bus.Ivar("@files", list);
  list.Element(file);
  file.Part("write_lock", buffer);
  EXPECT_THAT(Judge(heap, buffer),
              ElementsAre("Ruby itself (vm) alive a loaded class",
                          "Bus::DEFAULT alive constant of a loaded class",
                          "@files unknown ", "[0] dead closed", testing::_));
  EXPECT_EQ((Strings{"@files", "[0]"}), suspects_);
}

TEST_F(LivenessTest, TheAskedObjectIsTakenForDeadIfNothingElseIs) {
  HeapBuilder heap;
  auto& list = heap.Array();
  auto& string = heap.String("x");
  list.Element(string);
  heap.Global("$list", list);
  EXPECT_THAT(
      Judge(heap, string),
      ElementsAre("$list alive value of a global variable", "[0] unknown "));
  EXPECT_EQ(Strings{"[0]"}, suspects_);
  // Nothing is wrong with what is rightly here.
  EXPECT_THAT(Judge(heap, list),
              ElementsAre("$list alive value of a global variable"));
  EXPECT_EQ(Strings{}, suspects_);
}

TEST_F(LivenessTest, WhatThreadsAndFibersSayOfThemselves) {
  HeapBuilder heap;
  auto& all = heap.Array();
  heap.Global("$all", all);
  auto& runs = heap.Data("VM/thread").Property("status", "sleep");
  auto& ended = heap.Data("VM/thread").Property("status", "dead");
  auto& fiber = heap.Data("fiber").Property("alive", "false");
  auto& suspended = heap.Data("fiber").Property("alive", "true");
  for (const auto* each : {&runs, &ended, &fiber, &suspended}) {
    all.Element(*each);
  }
  EXPECT_EQ("[0] alive still runs", Judge(heap, runs).back());
  EXPECT_EQ("[1] dead has ended", Judge(heap, ended).back());
  EXPECT_EQ("[2] dead has ended", Judge(heap, fiber).back());
  EXPECT_EQ("[3] unknown ", Judge(heap, suspended).back());
}

TEST_F(LivenessTest, RulesComeFirstAndTheFirstThatFitsDecides) {
  HeapBuilder heap;
  auto& base = heap.Class("Job");
  auto& mail = heap.Class("Mail::Job").Super(base);
  auto& jobs = heap.Array();
  heap.Global("$jobs", jobs);
  auto& done = heap.Object(mail).Ivar("@state", ":done").Ivar("@tries", "3");
  auto& failed = heap.Object(mail).Ivar("@state", heap.String("failed"));
  auto& open = heap.Object(mail).Ivar("@state", TestValue::Nil());
  auto& other = heap.Object(base);
  for (const auto* each : {&done, &failed, &open, &other}) jobs.Element(*each);
  const std::string rules = R"({"rules": [
    {"class": "Mail::Job", "when": {"@state": ":done", "@tries": 3},
     "is": "dead", "reason": "it is done"},
    {"class": "Mail::*", "when": {"@state": "failed"}, "is": "dead"},
    {"class": "Job", "subclasses": true, "when": {"@state": null},
     "is": "alive", "reason": "has no state yet"},
    {"class": "Array", "is": "alive"}]})";
  EXPECT_EQ("[0] dead it is done", Judge(heap, done, rules).back());
  EXPECT_EQ("[1] dead by a rule", Judge(heap, failed, rules).back());
  EXPECT_EQ("[2] alive has no state yet", Judge(heap, open, rules).back());
  EXPECT_EQ("[3] alive has no state yet", Judge(heap, other, rules).back());
}

TEST_F(LivenessTest, WrongRulesAreNamed) {
  const auto error = [](const std::string& rules) {
    const auto parsed = ParseLivenessRules(rules, "rules.json");
    return std::string(parsed.status().message());
  };
  EXPECT_THAT(error("{"), HasSubstr("rules.json: no JSON: "));
  EXPECT_THAT(error("[]"), HasSubstr("no list \"rules\" at the top"));
  EXPECT_THAT(error(R"({"rules": [{"class": "A", "is": "dead"}, 1]})"),
              HasSubstr("rule 2: not an object; a rule is {"));
  EXPECT_THAT(error(R"({"rules": [{"is": "dead"}]})"),
              HasSubstr("rule 1: \"class\" is missing"));
  EXPECT_THAT(error(R"({"rules": [{"class": "A", "is": "gone"}]})"),
              HasSubstr(R"("is" must be "alive" or "dead")"));
  EXPECT_THAT(error(R"({"rules": [{"class": "A", "if": {}}]})"),
              HasSubstr("\"if\" is not a key of a rule"));
  EXPECT_THAT(
      error(R"({"rules": [{"class": "A", "is": "dead", "when": {"@a": []}}]})"),
      HasSubstr("\"@a\" is a text, number"));
  EXPECT_THAT(
      std::string(
          ReadLivenessRules("/nonexistent/rules.json").status().message()),
      HasSubstr("/nonexistent/rules.json: cannot read"));
}

}  // namespace
}  // namespace heapq
