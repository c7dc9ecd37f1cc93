#include "text/redaction.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/dumper/texts.h"
#include "text/code_words.h"

namespace heap_dump {
namespace {

class RedactionTest : public testing::Test {
 protected:
  RedactionTest() : words_(&arena_) {
    words_.AddSource(Exact("Shop Cart start count gc"));
  }

  template <typename Argument>
  std::string Shown(void (Redaction::*append)(Argument, ArenaVector<char>*)
                        const,
                    Argument argument) {
    return Appended(
        [&](ArenaVector<char>* to) { (none_.*append)(argument, to); });
  }
  std::string Name(const std::string& text) {
    return Shown<TextView>(&Redaction::AppendName, Exact(text));
  }
  std::string Label(const std::string& text) {
    return Shown<TextView>(&Redaction::AppendLabel, Exact(text));
  }
  std::string File(const std::string& text) {
    return Shown<TextView>(&Redaction::AppendFile, Exact(text));
  }
  // "-" if it is not shown as a path.
  std::string ClassPath(const std::string& text) {
    bool shown = false;
    const std::string path = Appended([&](ArenaVector<char>* to) {
      shown = none_.AppendClassPath(Exact(text), to);
    });
    EXPECT_TRUE(shown || path.empty());
    return shown ? path : "-";
  }

  Arena arena_;
  CodeWords words_;
  Redaction none_{nullptr, &words_};
};

TEST_F(RedactionTest, ShowsWordsOfTheCode) {
  for (const char* each : {"count", "@count", "@@count", "$count",
                           "count=", "+", "[]=", "$!", "$-w"}) {
    EXPECT_EQ(Name(each), each);
  }
  EXPECT_EQ(Name("secret"), "(redacted)");
  EXPECT_EQ(Name("@secret"), "@(redacted)");
  EXPECT_EQ(Name("secret="), "(redacted)=");
  EXPECT_EQ(Name("count secret"), "(redacted)");
  EXPECT_EQ(Name(""), "(redacted)");
}

TEST_F(RedactionTest, ShowsWhatRubyAddsToLabels) {
  for (const char* each :
       {"start", "block in start", "block (2 levels) in <class:Shop>",
        "rescue in block in start", "<main>", "block in <main>",
        "<top (required)>", "singleton class"}) {
    EXPECT_EQ(Label(each), each);
  }
  EXPECT_EQ(Label("block in secret"), "block in (redacted)");
  EXPECT_EQ(Label("<class:Secret>"), "<class:(redacted)>");
  EXPECT_EQ(Label("block (secret) in start"), "(redacted)");
  EXPECT_EQ(Label("block in "), "block in ");
}

TEST_F(RedactionTest, ShowsPathsOfClasses) {
  EXPECT_EQ(ClassPath("Shop::Cart"), "Shop::Cart");
  EXPECT_EQ(ClassPath("Shop::Secret"), "Shop::(redacted)");
  EXPECT_EQ(ClassPath("#<Class:0x00007f>"), "#<Class:0x00007f>");
  EXPECT_EQ(ClassPath("#<Class:0x00007f>::Cart"), "#<Class:0x00007f>::Cart");
  EXPECT_EQ(ClassPath("made of secret"), "-");
  EXPECT_EQ(ClassPath("Shop::"), "-");
  EXPECT_EQ(ClassPath("Shop:Cart"), "-");
  EXPECT_EQ(ClassPath("#<Class:secret>"), "-");
  EXPECT_EQ(ClassPath("#<Class:0x00007f>secret"), "-");
}

TEST_F(RedactionTest, ShowsFilesThatWereRead) {
  EXPECT_EQ(File("/secret.rb"), "(redacted)");
  EXPECT_EQ(File("(eval)"), "(eval)");
  EXPECT_EQ(File("<internal:gc>"), "<internal:gc>");
  EXPECT_EQ(File("<internal:secret>"), "(redacted)");
  EXPECT_EQ(File("(eval at /secret.rb:12)"), "(eval at (redacted):12)");
  EXPECT_EQ(File("(eval at secret)"), "(redacted)");
}

TEST_F(RedactionTest, ShowsSmallIntegers) {
  const auto integer = [this](int64_t number) {
    return Shown<int64_t>(&Redaction::AppendInteger, number);
  };
  EXPECT_EQ(integer(2147483647), "2147483647");
  EXPECT_EQ(integer(-2147483647), "-2147483647");
  EXPECT_EQ(integer(2147483648), "(Integer)");
  EXPECT_EQ(integer(INT64_MIN), "(Integer)");
  EXPECT_EQ(Shown<double>(&Redaction::AppendFloat, 1.5), "(Float)");
}

TEST_F(RedactionTest, HashesAreThoseOfTheText) {
  constexpr uint64_t kKey[2] = {1, 2};
  const Redaction redaction(kKey, &words_);
  char hash[20];
  snprintf(hash, sizeof(hash), "%016llx",
           static_cast<unsigned long long>(KeyedHash(kKey, "secret", 6)));
  const std::string expected = std::string("(redacted ") + hash + ")";
  const auto shown = [&](auto append, const char* text) {
    return Appended(
        [&](ArenaVector<char>* to) { (redaction.*append)(Exact(text), to); });
  };
  EXPECT_EQ(shown(&Redaction::AppendName, "@secret"), "@" + expected);
  EXPECT_EQ(shown(&Redaction::AppendSymbol, "secret"), ":" + expected);
}

}  // namespace
}  // namespace heap_dump
