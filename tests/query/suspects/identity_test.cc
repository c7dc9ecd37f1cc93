// Fingerprints over pairs of dumps of one program: they depend on the masked
// path and the class held, and on nothing else.

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "query/suspects/suspects.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

// Where the accumulations of a program hang, and of which class they are.
struct Plan {
  int holder = 0;       // class of the object that has the collection
  bool global = false;  // a global variable holds that, else a constant
  bool hash = false;
  int variable = 0;
  int held = 0;  // class of the elements
  int count = 0;
};

std::vector<Plan> MakeProgram(std::mt19937* random) {
  std::vector<Plan> program(4 + (*random)() % 5);
  std::set<std::pair<int, int>> used;
  for (Plan& plan : program) {
    do {
      plan.holder = static_cast<int>((*random)() % 4);
      plan.variable = static_cast<int>((*random)() % 3);
    } while (!used.insert({plan.holder, plan.variable}).second);
    plan.global = plan.holder % 2 == 0;
    plan.hash = (*random)() % 2 == 0;
    plan.held = static_cast<int>((*random)() % 3);
    plan.count = 60 + static_cast<int>((*random)() % 300);
  }
  return program;
}

// One dump of the program: its objects at random addresses, its collections
// larger by `growth` percent.
std::string MakeDump(const std::vector<Plan>& program, int growth,
                     std::mt19937* random) {
  HeapBuilder heap;
  std::map<std::string, TestObject*> objects;
  std::vector<std::pair<std::string, std::string>> order;  // name, class
  for (int i = 0; i < 4; ++i) order.emplace_back(absl::StrCat("H", i), "");
  std::vector<int> counts;
  for (size_t i = 0; i < program.size(); ++i) {
    counts.push_back(program[i].count * (100 + growth) / 100);
    order.emplace_back(absl::StrCat("list", i), program[i].hash ? "{}" : "[]");
    for (int k = 0; k < counts.back(); ++k) {
      order.emplace_back(absl::StrCat("e", i, ".", k),
                         absl::StrCat("E", program[i].held));
      if (program[i].hash) {
        order.emplace_back(absl::StrCat("k", i, ".", k), "String");
      }
    }
  }
  std::vector<TestObject*> classes;
  for (const char* name :
       {"H0", "H1", "H2", "H3", "E0", "E1", "E2", "String", "Array", "Hash"}) {
    TestObject& made = heap.Class(name);
    classes.push_back(&made);
    objects[absl::StrCat("class ", name)] = &made;
  }
  for (TestObject* made : classes) heap.Root("vm", *made);
  std::shuffle(order.begin(), order.end(), *random);
  for (const auto& [name, of] : order) {
    if ((*random)() % 8 == 0) heap.Dangling();  // an address that is free
    TestObject& klass =
        *objects.at(absl::StrCat("class ", of.empty()   ? name
                                           : of == "{}" ? "Hash"
                                           : of == "[]" ? "Array"
                                                        : of));
    TestObject& made = of == "{}"       ? heap.Add("T_HASH", klass)
                       : of == "[]"     ? heap.Add("T_ARRAY", klass)
                       : of == "String" ? heap.Add("T_STRING", klass).Text(name)
                                        : heap.Object(klass);
    made.Size(of[0] == 'E' ? 80 : 40);
    objects[name] = &made;
  }
  for (int i = 0; i < 4; ++i) {
    TestObject& holder = *objects.at(absl::StrCat("H", i));
    if (i % 2 == 0) {
      heap.Global(absl::StrCat("$h", i), holder);
    } else {
      objects.at(absl::StrCat("class H", i))->Const("INSTANCE", holder);
    }
  }
  for (size_t i = 0; i < program.size(); ++i) {
    TestObject& list = *objects.at(absl::StrCat("list", i));
    objects.at(absl::StrCat("H", program[i].holder))
        ->Ivar(absl::StrCat("@v", program[i].variable), list);
    for (int k = 0; k < counts[i]; ++k) {
      TestObject& element = *objects.at(absl::StrCat("e", i, ".", k));
      if (program[i].hash) {
        list.Pair(*objects.at(absl::StrCat("k", i, ".", k)), element);
      } else {
        list.Element(element);
      }
    }
  }
  return heap.Format2();
}

// The masked path without the counts behind it, and the class held. An element
// that is large enough to be a suspect itself is what its container holds.
std::string PathOf(const Suspect& suspect) {
  std::vector<std::string> hops = suspect.masked_path;
  for (std::string& hop : hops) hop = hop.substr(0, hop.find(" ×"));
  if (hops.back() == "[*] " + suspect.held_class) hops.pop_back();
  return absl::StrCat(absl::StrJoin(hops, " → "), " of ", suspect.held_class);
}

class IdentityTest : public StoreFixture {};

TEST_F(IdentityTest, FingerprintsDependOnPathAndClassAlone) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const std::vector<Plan> program = MakeProgram(&random);
    std::map<std::string, std::string> print_of;  // by path
    std::map<std::string, std::string> path_of;   // by fingerprint
    std::vector<std::unique_ptr<HeapDb>> heaps;
    for (const int growth : {0, 40}) {
      WriteDump(MakeDump(program, growth, &random), {},
                absl::StrCat(seed, ".", growth, ".db"));
      auto db = HeapDb::Open(path_);
      ASSERT_THAT(db, IsOk());
      heaps.push_back(*std::move(db));
    }
    for (const auto& heap : heaps) {
      for (const double share : {0.0, 0.02 + 0.01 * (random() % 20)}) {
        const auto suspects = FindSuspects(heap.get(), share);
        ASSERT_THAT(suspects, IsOk());
        for (const Suspect& suspect : *suspects) {
          const std::string path = PathOf(suspect);
          const auto print = print_of.emplace(path, suspect.fingerprint);
          EXPECT_EQ(print.first->second, suspect.fingerprint)
              << "seed " << seed << ": two fingerprints for " << path;
          const auto other = path_of.emplace(suspect.fingerprint, path);
          EXPECT_EQ(other.first->second, path)
              << "seed " << seed << ": one fingerprint for two paths";
        }
      }
    }
    ASSERT_LE(3U, path_of.size()) << "seed " << seed;
    // None of them is gone in the other heap, whatever is a suspect there.
    std::set<std::string> all;
    for (const auto& [print, path] : path_of) all.insert(print);
    for (const auto& heap : heaps) {
      const auto gone = FindGone(heap.get(), all);
      ASSERT_THAT(gone, IsOk());
      EXPECT_TRUE(gone->fingerprints.empty())
          << "seed " << seed << ": " << path_of[gone->fingerprints.front()];
    }
    const auto gone = FindGone(heaps[0].get(), {"0123456789abcdef"});
    ASSERT_THAT(gone, IsOk());
    EXPECT_EQ(1U, gone->fingerprints.size());
  }
}

}  // namespace
}  // namespace heapq
