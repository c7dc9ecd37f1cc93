#include "query/rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

std::string ErrorOf(const std::string& toml) {
  const auto rules = ParseRules(toml, "my.toml");
  return rules.ok() ? "" : std::string(rules.status().message());
}

TEST(RulesTest, TheBuiltInRulesHaveNoError) {
  const Rules& rules = Rules::BuiltIn();
  ASSERT_NE(nullptr, rules.FindHolder("I18n::Backend::Simple @translations"));
  EXPECT_EQ(nullptr, rules.FindHolder("Cart @items"));
  EXPECT_TRUE(rules.IsOfRequest("Rack::Request"));
  EXPECT_TRUE(rules.IsOfRequest("Admin::UsersController"));
  EXPECT_FALSE(rules.IsOfRequest("Cart"));
}

TEST(RulesTest, AFilesRulesComeBeforeTheBuiltInOnes) {
  const TempDir dir;
  const std::string file = dir.Write(
      "rules.toml",
      "[[holder]]\nmatch = \"I18n*\"\nis = \"leak\"\nreason = \"ours\"\n"
      "[[request]]\nclass = \"Shop::Call\"\n"
      "[[object]]\nclass = \"Session\"\nis = \"dead\"\n"
      "when = { \"@state\" = \":closed\", \"@tries\" = 3, \"@open\" = false "
      "}\n");
  const auto rules = ReadRules(file);
  ASSERT_THAT(rules, IsOk());
  EXPECT_EQ(HolderRule::kLeak, rules->FindHolder("I18n::Config")->kind);
  EXPECT_TRUE(rules->IsOfRequest("Shop::Call"));
  EXPECT_TRUE(rules->IsOfRequest("Rack::Request"));
  const LeakStatusRule& object = rules->objects.front();
  EXPECT_EQ("Session", object.class_name);
  EXPECT_THAT(object.when, ::testing::UnorderedElementsAre(
                               ::testing::Pair("@state", ":closed"),
                               ::testing::Pair("@tries", "3"),
                               ::testing::Pair("@open", "false")));
}

TEST(RulesTest, ErrorsNameTheFileTheLineAndTheRemedy) {
  EXPECT_EQ("my.toml:1: unknown key \"holdr\"; did you mean holder?",
            ErrorOf("[[holdr]]\nmatch = \"A\"\n"));
  EXPECT_EQ("my.toml:1: write [[holder]] before each rule",
            ErrorOf("holder = 1\n"));
  EXPECT_EQ("my.toml:3: \"is\" must be \"normal\" or \"leak\"",
            ErrorOf("[[holder]]\nmatch = \"A\"\nis = \"fine\"\n"));
  EXPECT_EQ(
      "my.toml:1: the rule has no reason; add reason = \"filled at start\"",
      ErrorOf("[[holder]]\nmatch = \"A\"\nis = \"leak\"\n"));
  EXPECT_EQ("my.toml:2: \"class\" must be a text in quotes",
            ErrorOf("[[request]]\nclass = 1\n"));
  EXPECT_EQ(
      "my.toml:1: the rule has no is; add is = \"alive\" or is = \"dead\"",
      ErrorOf("[[object]]\nclass = \"A\"\n"));
  EXPECT_THAT(ErrorOf("[[object]\n"), ::testing::StartsWith("my.toml:1: "));
}

TEST(RulesTest, AKnownLeakNamesTheLibraryAndTheFix) {
  const auto rules = ParseRules(
      "[[holder]]\nmatch = \"Bus @handlers\"\nholds = \"Mailer*\"\nis = "
      "\"leak\"\nlibrary = \"mail\"\nfixed_in = \"2.0\"\nreason = \"never "
      "forgets\"\n",
      "my.toml");
  ASSERT_THAT(rules, IsOk());
  EXPECT_EQ(nullptr, rules->FindHolder("Bus @handlers"));
  EXPECT_EQ(nullptr, rules->FindHolder("Bus @handlers", {"Proc", "Cart"}));
  const HolderRule* const rule =
      rules->FindHolder("Bus @handlers", {"Mailer::Handler"});
  ASSERT_NE(nullptr, rule);
  EXPECT_EQ("known leak of mail, fixed in 2.0: never forgets", rule->Text());
}

TEST(RulesTest, ErrorsOfLabelsSayHowToWriteThem) {
  EXPECT_EQ(
      "my.toml:3: \"label\" has a path that cannot be read: {id}; write "
      "{class}, or steps such as @name, .member, [:key], [\"key\"] and [0]",
      ErrorOf("[[label]]\nclass = \"A\"\nlabel = '#<{id}>'\n"));
  EXPECT_EQ("my.toml:3: \"label\" has a { without its }; add }",
            ErrorOf("[[label]]\nclass = \"A\"\nlabel = '{@id'\n"));
  EXPECT_EQ(
      "my.toml:3: \"label\" shows no value of the object; add a path such as "
      "{@id}",
      ErrorOf("[[label]]\nclass = \"A\"\nlabel = '{class}'\n"));
  for (const char* path : {"@", "@a|", "[", "[:]", "['a']", ".", "@a b"}) {
    EXPECT_NE("", ErrorOf(std::string("[[label]]\nclass = \"A\"\nlabel = "
                                      "\"{") +
                          path + "}\"\n"))
        << path;
  }
  EXPECT_EQ(
      "my.toml:1: the rule has no label; add label = \"#<{class} id={@id}>\"",
      ErrorOf("[[label]]\nclass = \"A\"\n"));
}

TEST(RulesTest, AMissingFileIsNamed) {
  const auto rules = ReadRules("/nowhere/rules.toml");
  EXPECT_EQ(
      "/nowhere/rules.toml: cannot read the rules; check the path of "
      "--rules",
      std::string(rules.status().message()));
}

}  // namespace
}  // namespace heapq
