#ifndef HEAPQ_TESTS_INDEXER_LOAD_LOAD_FIXTURE_H_
#define HEAPQ_TESTS_INDEXER_LOAD_LOAD_FIXTURE_H_

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/load/load.h"
#include "tests/support/heap_builder.h"
#include "tests/support/query_rows.h"
#include "tests/support/temp_dir.h"

namespace heapq {

class LoadFixture : public ::testing::Test {
 protected:
  // A heap of one class, `objects` instances in a list, and long strings, so
  // that reading and writing take a while.
  static std::string DumpOf(std::string_view class_name, int objects) {
    HeapBuilder heap;
    auto& type = heap.Class(class_name);
    auto& list = heap.Array();
    heap.Global("$list", list);
    for (int i = 0; i < objects; ++i) {
      auto& object = heap.Object(type);
      object.Ivar("@text", heap.String(std::string(200, 'x')));
      object.Ivar("@number", "42");
      list.Element(object);
    }
    return heap.Format2();
  }

  LoadOptions Options(const std::string& input) const {
    LoadOptions options;
    options.input = input;
    options.output = db();
    return options;
  }
  std::string db() const { return dir_.File("heap.db"); }

  // Everything in the folder of the output, sorted.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // The one class with instances, which tells the dumps of DumpOf apart; the
  // file's soundness on the way.
  std::string LoadedClass() const {
    EXPECT_EQ("ok", QueryValue(db(), "PRAGMA integrity_check"));
    return QueryValue(db(),
                      "SELECT name FROM classes WHERE count > 0 AND name IS "
                      "NOT NULL");
  }

  TempDir dir_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_INDEXER_LOAD_LOAD_FIXTURE_H_
