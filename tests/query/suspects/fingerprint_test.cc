#include "query/suspects/fingerprint.h"

#include <gtest/gtest.h>

namespace heapq {
namespace {

TEST(FingerprintTest, IsSixteenDigitsOfPathAndClass) {
  const std::string print = Fingerprint({"$bus", "@handlers", "[*]"}, "Proc");
  EXPECT_EQ(print.size(), 16u);
  EXPECT_EQ(print, Fingerprint({"$bus", "@handlers", "[*]"}, "Proc"));
  EXPECT_NE(print, Fingerprint({"$bus", "@handlers", "[*]"}, "String"));
  EXPECT_NE(print, Fingerprint({"$bus", "@handlers"}, "Proc"));
}

TEST(FingerprintTest, SeparatesHops) {
  EXPECT_NE(Fingerprint({"a", "bc"}, "X"), Fingerprint({"ab", "c"}, "X"));
}

TEST(FingerprintTest, IgnoresAddresses) {
  EXPECT_EQ(Fingerprint({"#<Class:0x00007f12ab>"}, "Proc"),
            Fingerprint({"#<Class:0x0000abcdef>"}, "Proc"));
  EXPECT_EQ(WithoutAddresses("0x12 of 0xab!"), "0x of 0x!");
}

}  // namespace
}  // namespace heapq
