#include "text/code_words.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "tests/dumper/texts.h"

namespace heap_dump {
namespace {

TextView View(const char* text) { return {text, strlen(text)}; }

TEST(SplitName, TakesMarksOff) {
  const auto base = [](const char* name) {
    const TextView text = SplitName(View(name)).base;
    return std::string(text.data, text.size);
  };
  EXPECT_EQ(base("count"), "count");
  EXPECT_EQ(base("@count"), "count");
  EXPECT_EQ(base("@@count"), "count");
  EXPECT_EQ(base("$count"), "count");
  EXPECT_EQ(base("count="), "count");
  EXPECT_EQ(base("count?"), "count");
  EXPECT_EQ(base("two words"), "two words");
  EXPECT_EQ(base("[]="), "[]=");
  EXPECT_EQ(base("@"), "@");
  EXPECT_EQ(base(""), "");
  EXPECT_EQ(base("="), "=");
}

TEST(TextSet, HoldsMany) {
  Arena arena;
  TextSet set(&arena);
  EXPECT_FALSE(set.Has(View("0")));
  for (int i = 0; i < 50000; ++i) set.Add(Exact(std::to_string(i)));
  for (int i = 0; i < 50000; ++i) {
    ASSERT_TRUE(set.Has(Exact(std::to_string(i))));
    ASSERT_FALSE(set.Has(Exact(std::to_string(i) + "x")));
  }
}

TEST(CodeWords, KnowsTheWordsOfSourceCode) {
  Arena arena;
  CodeWords words(&arena);
  words.AddSource(
      Exact("class Shop # aside\n"
            "  # comment\n"
            "  def @total?(x9) \"#{text}\" 4711\n"
            "    #{spliced}\n"
            "=begin\nblock\n=end\n"
            "after\n__END__\ndata"));
  for (const char* each : {"Shop", "total", "@total", "total=", "x9", "text",
                           "spliced", "after"}) {
    EXPECT_TRUE(words.Has(View(each))) << each;
  }
  for (const char* each : {"comment", "block", "data", "4711", "tot", "otal"}) {
    EXPECT_FALSE(words.Has(View(each))) << each;
  }
}

TEST(CodeWords, KnowsTheConstantsOfLibraries) {
  Arena arena;
  CodeWords words(&arena);
  const std::string bytes("rb_String\0ISO-8859-1\0wrong type\0\x01\x02\0cut",
                          38);
  EXPECT_EQ(words.AddConstants(Exact(bytes)), 3u);
  // "String" may be stored as the end of "rb_String".
  for (const char* each : {"rb_String", "String", "ISO-8859-1"}) {
    EXPECT_TRUE(words.Has(View(each))) << each;
  }
  for (const char* each : {"rb", "Strin", "wrong", "cut"}) {
    EXPECT_FALSE(words.Has(View(each))) << each;
  }
}

TEST(CodeWords, FindsTheLibrariesOfThisProcess) {
  Arena arena;
  CodeWords words(&arena);
  words.AddLibraries();
  // A constant of libc's.
  EXPECT_TRUE(words.Has(View("LC_ALL")));
  std::string nowhere = "no";
  nowhere += "_such_constant_4711";
  EXPECT_FALSE(words.Has(Exact(nowhere)));
}

TEST(CodeWords, ReadsRegularFilesOnly) {
  char folder[] = "/tmp/heap_dump-words-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string source = std::string(folder) + "/app.rb";
  const std::string fifo = std::string(folder) + "/fifo";
  std::ofstream(source) << "word_of_file";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  Arena arena;
  CodeWords words(&arena);
  EXPECT_TRUE(words.AddFile(Exact(source), View("app.rb")));
  EXPECT_TRUE(words.AddFile(Exact(source), View("app.rb")));
  EXPECT_TRUE(words.Has(View("word_of_file")));
  EXPECT_TRUE(words.HasFile(View("app.rb")));
  for (const std::string& other :
       {fifo, std::string(folder), std::string("/dev/zero"),
        std::string("/proc/self/environ"), std::string("/no/such/file"),
        std::string("a\0b", 3), std::string(5000, 'x')}) {
    EXPECT_FALSE(words.AddFile(Exact(other), Exact(other))) << other;
  }
  EXPECT_EQ(words.files(), 1u);
  EXPECT_EQ(words.unread(), 7u);
  unlink(source.c_str());
  unlink(fifo.c_str());
  rmdir(folder);
}

}  // namespace
}  // namespace heap_dump
