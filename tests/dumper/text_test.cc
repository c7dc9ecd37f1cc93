#include "text/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "tests/dumper/texts.h"

namespace heap_dump {
namespace {

std::string Escaped(const std::string& text) {
  const Exact exact(text);
  return Appended([&](ArenaVector<char>* to) {
    AppendEscaped(exact.data(), exact.size(), to);
  });
}

std::string Name(const std::string& text) {
  const Exact exact(text);
  return Appended([&](ArenaVector<char>* to) {
    AppendName(exact.data(), exact.size(), to);
  });
}

std::string Symbol(const std::string& text) {
  const Exact exact(text);
  return Appended([&](ArenaVector<char>* to) { AppendSymbol(exact, to); });
}

std::string Float(double number) {
  return Appended([&](ArenaVector<char>* to) { AppendFloat(number, to); });
}

std::string Integer(int64_t number) {
  return Appended([&](ArenaVector<char>* to) { AppendInteger(number, to); });
}

size_t ValidPrefix(const std::string& text) {
  const Exact exact(text);
  return ValidUtf8Prefix(exact.data(), exact.size());
}

TEST(Utf8, AcceptsWhatRfc3629Allows) {
  for (const std::string text :
       {"", "a", "\x7f", "\u00e4", "\u20ac", "\U0001F600", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80",
        "\xf0\x90\x80\x80"}) {
    EXPECT_EQ(ValidPrefix(text), text.size()) << text;
    EXPECT_EQ(ValidPrefix("12345678" + text), text.size() + 8) << text;
  }
}

TEST(Utf8, StopsAtWhatItForbids) {
  for (const std::string text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98",
        "\xc3\x28", "\xe2\x28\xa1"}) {
    EXPECT_EQ(ValidPrefix(text), 0u);
    for (size_t before = 0; before < 20; ++before) {
      const std::string ascii(before, 'x');
      EXPECT_EQ(ValidPrefix(ascii + text), before);
      EXPECT_EQ(ValidPrefix("\u20ac" + ascii + text + "y"), before + 3);
    }
  }
}

TEST(Utf8, CutsNoCharacter) {
  const std::string text = "a\u20ac\U0001F600z";
  const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
  for (size_t limit = 0; limit < 11; ++limit) {
    EXPECT_EQ(CutBetweenCharacters(text.data(), text.size(), limit),
              expected[limit])
        << limit;
  }
}

TEST(Escaped, ShowsBytesThatAreNoText) {
  EXPECT_EQ(Escaped("a\xff\\\u20ac"), "a\\xFF\\\\\u20ac");
  EXPECT_EQ(Escaped("\xe2\x82"), "\\xE2\\x82");
}

TEST(Escaped, IsAlwaysText) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 40, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    const std::string escaped = Escaped(text);
    EXPECT_EQ(ValidPrefix(escaped), escaped.size());
  }
}

TEST(Name, IsCutWhenNoPersonWroteIt) {
  EXPECT_EQ(Name("count"), "count");
  EXPECT_EQ(Name("\xff"), "\\xFF");
  EXPECT_EQ(Name(std::string(kLongestName, 'x')),
            std::string(kLongestName, 'x'));
  EXPECT_EQ(Name(std::string(kLongestName + 1, 'x')),
            std::string(kLongestName, 'x') + "\u2026(4097 bytes)");
}

TEST(Symbol, IsWrittenAsInspectDoes) {
  EXPECT_EQ(Symbol("name"), ":name");
  EXPECT_EQ(Symbol("name?"), ":name?");
  EXPECT_EQ(Symbol("name="), ":name=");
  EXPECT_EQ(Symbol("@name"), ":@name");
  EXPECT_EQ(Symbol("@@name"), ":@@name");
  EXPECT_EQ(Symbol("$name"), ":$name");
  EXPECT_EQ(Symbol("[]="), ":[]=");
  EXPECT_EQ(Symbol("\u00e4"), ":\u00e4");
  EXPECT_EQ(Symbol(""), ":\"\"");
  EXPECT_EQ(Symbol("@"), ":\"@\"");
  EXPECT_EQ(Symbol("9"), ":\"9\"");
  EXPECT_EQ(Symbol("two words"), ":\"two words\"");
  EXPECT_EQ(Symbol("\"\""), ":\"\\\"\\\"\"");
  EXPECT_EQ(Symbol("\xff"), ":\"\\xFF\"");
}

TEST(Integer, IsThatOfTheStandardLibrary) {
  std::mt19937_64 random(1);
  for (int64_t number :
       {std::numeric_limits<int64_t>::min(),
        std::numeric_limits<int64_t>::max(), int64_t{0}, int64_t{-1}}) {
    EXPECT_EQ(Integer(number), std::to_string(number));
  }
  for (int i = 0; i < 20000; ++i) {
    const auto number = static_cast<int64_t>(random()) >> (random() % 64);
    EXPECT_EQ(Integer(number), std::to_string(number));
  }
}

TEST(Float, IsWrittenAsInspectDoes) {
  EXPECT_EQ(Float(0.0), "0.0");
  EXPECT_EQ(Float(-0.0), "-0.0");
  EXPECT_EQ(Float(1.5), "1.5");
  EXPECT_EQ(Float(-0.1), "-0.1");
  EXPECT_EQ(Float(100.0), "100.0");
  EXPECT_EQ(Float(0.0001), "0.0001");
  EXPECT_EQ(Float(0.00001), "1.0e-05");
  EXPECT_EQ(Float(1e14), "100000000000000.0");
  EXPECT_EQ(Float(1e15), "1.0e+15");
  EXPECT_EQ(Float(1e16), "1.0e+16");
  EXPECT_EQ(Float(1e100), "1.0e+100");
  EXPECT_EQ(Float(5e-324), "5.0e-324");
  EXPECT_EQ(Float(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(Float(std::nan("")), "NaN");
  EXPECT_EQ(Float(-INFINITY), "-Infinity");
}

TEST(Float, ReadsBackAsTheSameNumber) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double number;
    memcpy(&number, &bits, sizeof(number));
    if (!std::isfinite(number)) continue;
    EXPECT_EQ(strtod(Float(number).c_str(), nullptr), number);
  }
}

std::string Magnitude(std::initializer_list<uint32_t> words) {
  Arena arena;
  ArenaVector<uint32_t> number(&arena);
  for (uint32_t word : words) number.Push(word);
  return Appended([&](ArenaVector<char>* to) { AppendMagnitude(&number, to); });
}

TEST(Magnitude, IsDecimal) {
  EXPECT_EQ(Magnitude({}), "0");
  EXPECT_EQ(Magnitude({0, 0}), "0");
  EXPECT_EQ(Magnitude({0xffffffff}), "4294967295");
  EXPECT_EQ(Magnitude({0, 1}), "4294967296");
  EXPECT_EQ(Magnitude({0, 0, 1}), "18446744073709551616");
  EXPECT_EQ(Magnitude({0x89e80001, 0x8ac72304, 0}), "10000000000000000001");
}

TEST(Magnitude, IsHexadecimalWhenVeryLong) {
  Arena arena;
  ArenaVector<uint32_t> number(&arena);
  for (int i = 0; i < 256; ++i) number.Push(0);
  number.Push(0x1a);
  const std::string text =
      Appended([&](ArenaVector<char>* to) { AppendMagnitude(&number, to); });
  EXPECT_EQ(text, "0x1a" + std::string(256 * 8, '0'));
}

// The vectors that the authors of SipHash publish.
TEST(KeyedHash, IsSipHash24) {
  constexpr uint64_t kKey[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  std::string text;
  const auto next = [&] {
    const Exact exact(text);
    text.push_back(static_cast<char>(text.size()));
    return KeyedHash(kKey, exact.data(), exact.size());
  };
  EXPECT_EQ(next(), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(next(), 0x74f839c593dc67fdu);
  EXPECT_EQ(next(), 0x0d6c8009d9a94f5au);
  EXPECT_EQ(next(), 0x85676696d7fb7e2du);
  while (text.size() < 15) next();
  EXPECT_EQ(next(), 0xa129ca6149be45e5u);
}

}  // namespace
}  // namespace heap_dump
