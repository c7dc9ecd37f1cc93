#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "indexer/formats/dump_all_keys.h"
#include "indexer/formats/heap_dump_keys.h"

namespace heapq {
namespace {

// The rows of the table of keys in format.md §5: key -> what it means.
std::multimap<std::string, std::string> KeysOfThePage() {
  std::ifstream file(SOURCE_DIR "/docs/reference/format.md");
  std::multimap<std::string, std::string> keys;
  bool in_objects = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("## ", 0) == 0) in_objects = line == "## 5. Objects";
    if (!in_objects || line.rfind("| `", 0) != 0) continue;
    const size_t first_end = line.find('|', 1);
    const size_t means = line.find('|', first_end + 1) + 2;
    for (size_t at = line.find('`'); at < first_end;
         at = line.find('`', at + 1)) {
      const size_t end = line.find('`', at + 1);
      keys.emplace(line.substr(at + 1, end - at - 1), line.substr(means));
      at = end;
    }
  }
  return keys;
}

bool MeansStartsWith(const std::multimap<std::string, std::string>& page,
                     std::string_view key, std::string_view words) {
  const auto [begin, end] = page.equal_range(std::string(key));
  for (auto row = begin; row != end; ++row) {
    if (row->second.compare(0, words.size(), words) == 0) return true;
  }
  return false;
}

TEST(HeapDumpKeys, ThePageAndTheTableAgree) {
  const auto page = KeysOfThePage();
  ASSERT_GT(page.size(), 40u);
  for (const HeapDumpKeySpec& spec : kHeapDumpKeys) {
    SCOPED_TRACE(std::string(spec.name));
    // Only in continuations (§6), or not a key of a dump as it is written.
    if (spec.name == "of" || spec.name == "from" || spec.name == "_id") {
      continue;
    }
    EXPECT_EQ(page.count(std::string(spec.name)) > 0, true);
    EXPECT_EQ(MeansStartsWith(page, spec.name, "name map"),
              (spec.key == HeapDumpKey::kNameMap &&
               spec.kind != EdgeKind::kThreadVariable) ||
                  spec.key == HeapDumpKey::kMethods);
    EXPECT_EQ(MeansStartsWith(page, spec.name, "`true`"),
              spec.key == HeapDumpKey::kFlag);
    EXPECT_EQ(spec.flag != 0, spec.key == HeapDumpKey::kFlag);
  }
  for (const auto& [key, means] : page) {
    if (means.rfind("name map", 0) != 0) continue;
    EXPECT_NE(HeapDumpKeyOf(key).key, HeapDumpKey::kPart) << key;
  }
}

TEST(HeapDumpKeys, EachKeyHasOneRow) {
  std::set<std::string_view> names;
  for (const HeapDumpKeySpec& spec : kHeapDumpKeys) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_LE(spec.name.size(), 16u) << spec.name;  // see WordTable
    EXPECT_EQ(&HeapDumpKeyOf(spec.name), &spec);
  }
  EXPECT_EQ(HeapDumpKeyOf("default").key, HeapDumpKey::kPart);
  EXPECT_EQ(HeapDumpKeyOf("").key, HeapDumpKey::kPart);
}

TEST(DumpAllKeys, EachKeyHasOneRow) {
  std::set<std::string_view> names;
  for (const DumpAllKeySpec& spec : kDumpAllKeys) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_LE(spec.name.size(), 16u) << spec.name;
    EXPECT_EQ(&DumpAllKeyOf(spec.name), &spec);
    EXPECT_EQ(spec.flag != 0, spec.key == DumpAllKey::kFlag) << spec.name;
  }
  EXPECT_EQ(DumpAllKeyOf("coderange").key, DumpAllKey::kOther);
}

}  // namespace
}  // namespace heapq
