// `heapq COMMAND --help`, of every command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/help/examples.h"
#include "tests/cli/run_heapq.h"

namespace heapq {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// As `heapq --help` lists them: two spaces before each.
std::vector<std::string> Commands() {
  std::vector<std::string> commands;
  std::istringstream help(RunHeapqWith({"--help"}).out);
  for (std::string line; std::getline(help, line);) {
    if (line.size() > 2 && line.rfind("  ", 0) == 0 && line[2] >= 'a' &&
        line[2] <= 'z') {
      commands.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return commands;
}

size_t Cells(const std::string& line) {
  size_t cells = 0;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++cells;
  }
  return cells;
}

TEST(Help, OfEachCommandFitsTheScreenAndHasExamples) {
  ASSERT_GT(Commands().size(), 25U);
  for (const std::string& command : Commands()) {
    SCOPED_TRACE(command);
    const Ran ran = RunHeapqWith({command, "--help"});
    EXPECT_EQ(0, ran.code);
    EXPECT_EQ(ran.out, RunHeapqWith({"help", command}).out);
    EXPECT_THAT(ran.out, HasSubstr("Usage: heapq " + command));
    EXPECT_THAT(ran.out, HasSubstr("--db FILE"));
    EXPECT_THAT(ran.out, HasSubstr("--format table|json|csv"));
    // The parser's own words.
    for (const char* word : {"REQUIRED", "Excludes:", "Needs:", "UINT",
                             "POSITIVE", "in [", "Positionals"}) {
      EXPECT_THAT(ran.out, Not(HasSubstr(word)));
    }
    const size_t examples = ran.out.find("\nExamples:\n");
    ASSERT_NE(std::string::npos, examples);
    std::istringstream lines(ran.out.substr(0, examples));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(Cells(line), 80U) << line;
    }
  }
}

// Every option in an example is an option of the command, or of all.
TEST(Help, ExamplesUseOptionsThatTheCommandHas) {
  for (const std::string& command : Commands()) {
    SCOPED_TRACE(command);
    const std::string help = RunHeapqWith({command, "--help"}).out;
    const std::string options = help.substr(0, help.find("\nExamples:\n"));
    EXPECT_FALSE(ExamplesOf(command).empty());
    for (const std::string& example : ExamplesOf(command)) {
      EXPECT_THAT(example, HasSubstr("heapq " + command));
      const size_t pipe = example.find(" | ", example.find("heapq " + command));
      std::istringstream words(example.substr(0, pipe));
      for (std::string word; words >> word;) {
        if (word.size() < 2 || word[0] != '-') continue;
        EXPECT_THAT(options,
                    AnyOf(HasSubstr(word + " "), HasSubstr(word + ", ")))
            << example;
      }
    }
  }
}

}  // namespace
}  // namespace heapq
