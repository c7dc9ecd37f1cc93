#include "query/db/kind_numbers.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heapq {
namespace {

std::string Expanded(std::string_view sql) {
  const absl::StatusOr<std::string> text = WithKindNumbers(sql);
  return text.ok() ? *text : std::string(text.status().message());
}

TEST(KindNumbersTest, NamesBecomeTheNumbersOfTheSchemaPage) {
  EXPECT_EQ(Expanded("e.kind = $part AND n.text = ?2"),
            "e.kind = 17 AND n.text = ?2");
  EXPECT_EQ(Expanded("IN ($ivar,$member, $hash_key, $hash_value, $property)"),
            "IN (3,10, 7, 8, 100)");
  EXPECT_EQ(Expanded("o.type IN ($T_DATA, $T_IMEMO)"), "o.type IN (12, 26)");
  EXPECT_EQ(Expanded("SELECT $ref"), "SELECT 0");
  EXPECT_EQ(Expanded("SELECT 1"), "SELECT 1");
  EXPECT_EQ(Expanded(""), "");
}

// SQLite would take an unknown name for a parameter that is NULL.
TEST(KindNumbersTest, AnUnknownNameIsAnError) {
  const absl::StatusOr<std::string> text = WithKindNumbers("kind = $parts");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(text.status().message()),
              testing::HasSubstr("\"parts\""));
  EXPECT_FALSE(WithKindNumbers("kind = $").ok());
}

}  // namespace
}  // namespace heapq
