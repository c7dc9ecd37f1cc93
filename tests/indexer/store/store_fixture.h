#ifndef HEAPQ_TESTS_INDEXER_STORE_STORE_FIXTURE_H_
#define HEAPQ_TESTS_INDEXER_STORE_STORE_FIXTURE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/graph/analysis.h"
#include "indexer/read/read_dump.h"
#include "indexer/store/store_writer.h"
#include "tests/support/heap_builder.h"
#include "tests/support/query_rows.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {

using Strings = std::vector<std::string>;

// Writes heaps as heap.db files, each checked for soundness.
class StoreFixture : public ::testing::Test {
 protected:
  void Write(const HeapBuilder& heap) { WriteDump(heap.Format2()); }
  void WriteDump(std::string_view bytes, const StoreOptions& options = {},
                 std::string_view name = "heap.db") {
    path_ = dir_.File(name);
    ReadOptions read;
    read.spill_dir = dir_.path();
    const auto dump = ReadDump(dir_.Write("dump.json", bytes), read);
    ASSERT_THAT(dump, IsOk());
    const auto analysis = Analyze(dump->heap);
    ASSERT_THAT(analysis, IsOk());
    StoreContent content;
    content.heap = &dump->heap;
    content.text = dump->text.get();
    content.drops = &dump->drops;
    content.samples = &dump->samples;
    content.texts = {{"format", std::string(TraitsOf(dump->format).name)},
                     {"header", dump->header}};
    content.numbers = {{"records", static_cast<int64_t>(dump->records)}};
    auto writer = StoreWriter::Create(path_, content, options);
    ASSERT_THAT(writer, IsOk());
    ASSERT_THAT((*writer)->WriteGraph(), IsOk());
    ASSERT_THAT((*writer)->WriteAnswers(*analysis), IsOk());
    ASSERT_EQ("ok", QueryValue(path_, "PRAGMA integrity_check"));
  }

  Strings Rows(const std::string& sql) const { return QueryRows(path_, sql); }
  std::string Value(const std::string& sql) const {
    return QueryValue(path_, sql);
  }
  // The id of the object at an address.
  std::string IdOf(uint64_t address) const {
    return Value("SELECT id FROM objects WHERE address = " +
                 std::to_string(address));
  }

  TempDir dir_;
  std::string path_;  // of the last one written
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_INDEXER_STORE_STORE_FIXTURE_H_
