#include "indexer/heap/address_table.h"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

enum class Fate { kInterned, kReferred, kDefined };

// Addresses of every sort: packed slots, lone ones, tiny, huge, unaligned.
uint64_t RandomAddress(std::mt19937_64* random) {
  const uint64_t r = (*random)();
  switch (r % 6) {
    case 0:
      return 1 + r / 6 % 200;
    case 1:
      return r / 6;
    case 2:
      return 0x7f0000000000 + r / 6 % 100000;
    case 3:
      return ~uint64_t{0} - r / 6 % 100;
    default:
      return 0x7f1234560000 + r / 6 % 5000 * 40;
  }
}

TEST(AddressTable, NumbersLikeASortedMap) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    AddressTable table;
    std::map<uint64_t, Fate> fates;
    std::map<uint64_t, AddressTable::Handle> handles;
    for (int i = 0; i < 2000; ++i) {
      const uint64_t address = RandomAddress(&random);
      const AddressTable::Handle handle = table.Intern(address);
      const auto [known, fresh] = handles.emplace(address, handle);
      ASSERT_EQ(known->second, handle);
      Fate& fate = fates[address];
      switch (random() % 3) {
        case 0:
          break;
        case 1:
          table.Refer(handle);
          if (fate == Fate::kInterned) fate = Fate::kReferred;
          break;
        default:
          EXPECT_EQ(fate != Fate::kDefined, table.Define(handle));
          fate = Fate::kDefined;
      }
      EXPECT_EQ(fate == Fate::kDefined, table.IsDefined(handle));
    }
    table.Finish();
    ObjectId next = 1;
    std::vector<uint64_t> by_id = {0};
    for (const Fate wanted : {Fate::kDefined, Fate::kReferred}) {
      for (const auto& [address, fate] : fates) {
        if (fate != wanted) continue;
        EXPECT_EQ(next, table.IdOf(handles[address])) << std::hex << address;
        by_id.push_back(address);
        ++next;
      }
      if (wanted == Fate::kDefined) {
        EXPECT_EQ(next - 1, table.defined_count());
      }
    }
    EXPECT_EQ(next - 1, table.defined_count() + table.ghost_count());
    for (const auto& [address, fate] : fates) {
      if (fate == Fate::kInterned) {
        EXPECT_EQ(0u, table.IdOf(handles[address]));
      }
    }
    std::vector<uint64_t> visited = {0};
    EXPECT_THAT(table.ForEach([&](ObjectId id, uint64_t address) {
      EXPECT_EQ(visited.size(), id);
      visited.push_back(address);
      return absl::OkStatus();
    }),
                IsOk());
    EXPECT_EQ(by_id, visited);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace heapq
