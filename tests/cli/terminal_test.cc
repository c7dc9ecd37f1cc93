// The content of a heap or the name of a file never controls a terminal.
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "query/labels/ruby_inspect.h"
#include "tests/cli/run_heapq.h"
#include "tests/support/heap_builder.h"
#include "tests/support/rich_heap.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

using Words = std::vector<std::string>;

// ESC, a title that BEL ends, C1 (as UTF-8), a bidirectional override, a zero
// width space, a line separator, a tag, DEL, a carriage return, a line feed.
constexpr char kHostile[] =
    "\x1b[31m\x1b]0;owned\x07\xc2\x9b"
    "2J\xe2\x80\xae\xe2\x80\x8b\xe2\x80\xa8\xf3\xa0\x80\xa1\x7f\r\n";

// Without what heapq itself writes to a terminal: styles and its progress bar.
std::string WithoutStyles(std::string text) {
  for (const char* own : {"\x1b[1m", "\x1b[2m", "\x1b[0m", "\r\x1b[K"}) {
    for (size_t at = 0; (at = text.find(own, at)) != std::string::npos;) {
      text.erase(at, std::string(own).size());
    }
  }
  return text;
}

void ExpectHarmless(const std::string& shown, const std::string& what) {
  const std::string text = WithoutStyles(shown);
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    char32_t c = 0;
    const bool valid = NextCharacter(text, &i, &c);
    if (valid && (c == '\n' || !IsUnsafe(c))) continue;
    ADD_FAILURE() << what << " shows byte " << begin << " of\n"
                  << RubyString(text.substr(begin < 80 ? 0 : begin - 80, 160),
                                0, false, false);
    return;
  }
}

std::string Joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return RubyString(text, 0, false, false);
}

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("HEAPQ_DB");
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(dir_.path());
    HeapBuilder heap;
    AddRichHeap(kHostile, &heap);
    dump_ = heap.Format2();
    dump_all_ = heap.DumpAll();
  }
  void TearDown() override { std::filesystem::current_path(before_); }

  static Ran Run(Words words) {
    Ran ran = RunHeapqWith(words, {}, true);
    ExpectHarmless(ran.out, Joined(words) + "on stdout");
    ExpectHarmless(ran.err, Joined(words) + "on stderr");
    return ran;
  }

  TempDir dir_;
  std::filesystem::path before_;
  std::string dump_, dump_all_;
};

TEST_F(TerminalTest, EveryAnswerInEveryFormat) {
  for (const std::string& dump : {dump_, dump_all_}) {
    dir_.Write("dump.json", dump);
    ASSERT_EQ(0, Run({"load", "dump.json"}).code);
    ASSERT_EQ(0, Run({"load", "dump.json", "--db", "other.db"}).code);
    Words ids;
    for (int id = 1; id <= 60; id += 3) ids.push_back("#" + std::to_string(id));
    size_t answered = 0;
    for (Words words : EveryQuestion(
             ids, std::string("Space::Thing") + kHostile, "other.db")) {
      if (words[0] == "export") continue;  // refuses to write to a terminal
      answered += Run(words).code == 0 ? 1 : 0;
      for (const char* format : {"json", "csv"}) {
        Words with = words;
        with.insert(with.end(), {"--format", format});
        Run(with);
      }
    }
    EXPECT_GT(answered, 50u);
  }
}

TEST_F(TerminalTest, FileNames) {
  const std::string name = std::string("dump") + kHostile + ".json";
  const std::string db = std::string("heap") + kHostile + ".db";
  dir_.Write(name, dump_ + "garbage\n");
  ASSERT_EQ(0, Run({"load", name, "--db", db}).code);
  for (const char* format : {"table", "json", "csv"}) {
    Run({"load", name, "--db", db, "--format", format});
    Run({"load", name, "--db", db, "--strict", "--format", format});
    Run({"info", "--db", db, "--format", format});
    Run({"top-types", "--db", db, "--format", format});
    Run({"show", "#1", "--db", db, "--format", format});
    Run({"diff", db, db, "--format", format});
    Run({"show", "#1", "--db", name, "--format", format});
    Run({"show", "0x8", "--db", db, "--format", format});
  }
}

TEST_F(TerminalTest, WhatSomebodyTyped) {
  dir_.Write("dump.json", dump_);
  ASSERT_EQ(0, Run({"load", "dump.json"}).code);
  for (const std::string& typed : {std::string(kHostile), "0x" + dump_,
                                   std::string("\xff\xfe"), "--" + dump_}) {
    for (const char* command :
         {"show", "load", "count", "sql", "why-alive", "owner", "diff",
          "what-if", "export", "no-such-command"}) {
      Run({command, typed});
    }
    Run({typed});
    Run({"--format", typed, "info"});
    Run({"info", "--db", typed});
    Run({"load", typed + "/none.json"});
    Run({"why-alive", "--all-of", typed});
    Run({"what-if", "--drop-edge", "#1:" + typed});
    Run({"what-if", "--drop-edge", "root:" + typed});
    Run({"export", "--to", typed});
    Run({"sql", "--file", typed});
    Run({"sql", "SELECT 1 AS \"" + typed + "\""});
    Run({"sql", "SELECT '" + typed + "', x'1b5b' || '" + typed + "'"});
    Run({"sql", "SELECT 1 AS \"" + typed + "\"", "--format", "csv"});
    Run({"sql", "SELECT 1 AS \"" + typed + "\"", "--format", "json"});
  }
}

TEST_F(TerminalTest, ComplaintsAboutADump) {
  const std::string text = kHostile;
  for (const std::string& line :
       {"{\"address\":\"" + text + "\",\"type\":\"STRING\"}",
        "{\"address\":\"0x8\",\"type\":\"STRING\",\"references\":[\"" + text +
            "\"]}",
        std::string("\x1b[2J"), std::string("{\"address\":\"0x9\",\x1b}")}) {
    dir_.Write("dump.json", "{\"type\":\"ROOT\",\"root\":\"vm\"}\n" + line);
    EXPECT_NE("", Run({"load", "dump.json"}).err) << line;
    EXPECT_EQ(3, Run({"load", "dump.json", "--strict"}).code);
    Run({"info"});
    Run({"info", "--format", "csv"});
    dir_.Write("dump.json", line);
    EXPECT_EQ(1, Run({"load", "dump.json"}).code);
  }
  dir_.Write("dump.json", "[{\"id\":\"_HEADER_\",\"format\":\"\\u001b[2J\"}\n");
  EXPECT_EQ(1, Run({"load", "dump.json"}).code);
}

}  // namespace
}  // namespace heapq
