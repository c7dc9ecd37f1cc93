#include "record/json_writer.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "tests/dumper/texts.h"

namespace heap_dump {
namespace {

class StringOutput : public Output {
 public:
  explicit StringOutput(size_t room = SIZE_MAX) : room_(room) {}
  bool Write(const char* data, size_t size) override {
    if (error() != 0 || text_.size() + size > room_) return Fail(ENOSPC);
    text_.append(data, size);
    Count(size);
    return true;
  }
  const std::string& text() const { return text_; }

 private:
  const size_t room_;
  std::string text_;
};

void Text(JsonWriter* json, const std::string& text) {
  const Exact exact(text);
  json->Text(exact.data(), exact.size());
}

TEST(JsonWriter, WritesARecordALine) {
  Arena arena;
  StringOutput output;
  JsonWriter json(&output, &arena);
  ASSERT_TRUE(json.ok());
  json.BeginRecord();
  json.Pair("id", "_HEADER_");
  json.Flag("frozen");
  json.EndRecord();
  json.BeginRecord();
  json.Pair("id", uint64_t{18446744073709551615u});
  json.Key("list");
  json.OpenList();
  json.Null();
  json.Bool(false);
  json.NumberAsText(INT64_MIN);
  json.OpenMap();
  json.CloseMap();
  json.OpenMap();
  json.Key("a\"b", 3);
  json.Number(0);
  json.CloseMap();
  json.CloseList();
  EXPECT_GT(json.record_size(), 60u);
  json.EndRecord();
  json.Finish();
  EXPECT_EQ(output.text(),
            "[{\"id\":\"_HEADER_\",\"frozen\":true}\n"
            ",{\"id\":18446744073709551615,\"list\":[null,false,"
            "\"-9223372036854775808\",{},{\"a\\\"b\":0}]}]\n");
}

// Sizes around those of its words, its short texts and its buffer.
TEST(JsonWriter, WritesAnyText) {
  std::mt19937 random(11);
  std::vector<std::string> texts;
  for (const size_t size : {0, 1, 7, 8, 9, 15, 16, 4095, 4096, 4097, 262143,
                            262144, 262145, 600000}) {
    texts.push_back(std::string(size, 'x'));
    for (int i = 0; i < 8; ++i) {
      std::string text(size, 'y');
      for (int j = 0; j < 3 && size > 0; ++j) {
        text[random() % size] = static_cast<char>(random() % 0x80);
      }
      texts.push_back(text);
    }
    texts.push_back(std::string(size, '"'));
  }
  texts.push_back("\u20ac\U0001F600\\\n\x01\x1f\x7f");
  Arena arena;
  StringOutput output;
  JsonWriter json(&output, &arena);
  for (const std::string& text : texts) {
    json.BeginRecord();
    json.Key("val");
    Text(&json, text);
    json.Key(text.data(), text.size());
    json.Null();
    json.EndRecord();
  }
  json.Finish();
  const auto read = nlohmann::json::parse(output.text());
  ASSERT_EQ(read.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(read[i]["val"], texts[i]);
    EXPECT_TRUE(read[i].contains(texts[i]));
  }
}

TEST(JsonWriter, GoesOnWhenTheOutputHasFailed) {
  Arena arena;
  StringOutput output(100);
  JsonWriter json(&output, &arena);
  for (int i = 0; i < 100000; ++i) {
    json.BeginRecord();
    json.Pair("id", uint64_t{1} << 47);
    json.EndRecord();
  }
  json.Finish();
  EXPECT_EQ(output.error(), ENOSPC);
}

}  // namespace
}  // namespace heap_dump
