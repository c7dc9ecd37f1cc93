// Runs tests/cli/golden/*.case: each holds files, commands, and what these
// print. HEAPQ_UPDATE_GOLDEN=1 writes down what they print now; read the diff.
//
//   === file dump.json          a file in the case's own folder
//   …its lines…
//   === heapq load dump.json    a command line, split at spaces
//   exit 0
//   --- stdout
//   …
//   --- stderr
//   …
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/run_heapq.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

constexpr char kSection[] = "=== ";

struct Section {
  std::string title;
  std::string body;
};

std::vector<Section> ReadSections(const std::string& path) {
  std::vector<Section> sections;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(kSection, 0) == 0) {
      sections.push_back({line.substr(sizeof(kSection) - 1), ""});
    } else if (!sections.empty()) {
      sections.back().body += line + "\n";
    }
  }
  return sections;
}

// Words at spaces; quotes keep spaces in a word.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any || !word.empty()) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) words.push_back(word);
  return words;
}

std::string Execute(const std::string& command_line) {
  std::vector<std::string> words = Words(command_line);
  words.erase(words.begin());  // "heapq"
  const Ran ran = RunHeapqWith(words);
  std::string result = "exit " + std::to_string(ran.code) + "\n";
  const auto add = [&result](const char* title, std::string text) {
    if (text.empty()) return;
    if (text.back() != '\n') text += "\n";
    result += std::string("--- ") + title + "\n" + text;
  };
  add("stdout", ran.out);
  add("stderr", ran.err);
  return result;
}

class GoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, PrintsWhatItDid) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + GetParam() + ".case";
  std::vector<Section> sections = ReadSections(path);
  ASSERT_FALSE(sections.empty());
  unsetenv("HEAPQ_DB");
  const TempDir dir;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  size_t commands = 0;
  for (Section& section : sections) {
    if (section.title.rfind("file ", 0) == 0) {
      dir.Write(section.title.substr(5), section.body);
      continue;
    }
    ++commands;
    const std::string result = Execute(section.title);
    if (getenv("HEAPQ_UPDATE_GOLDEN") == nullptr) {
      EXPECT_EQ(section.body, result) << section.title;
    }
    section.body = result;
  }
  std::filesystem::current_path(before);
  EXPECT_GT(commands, 0u);
  if (getenv("HEAPQ_UPDATE_GOLDEN") != nullptr) {
    std::ofstream file(path, std::ios::binary);
    for (const Section& section : sections) {
      file << kSection << section.title << "\n" << section.body;
    }
  }
}

std::vector<std::string> Cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIR)) {
    if (entry.path().extension() == ".case") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cli, GoldenTest, ::testing::ValuesIn(Cases()),
                         [](const ::testing::TestParamInfo<std::string>& test) {
                           return test.param;
                         });

}  // namespace
}  // namespace heapq
