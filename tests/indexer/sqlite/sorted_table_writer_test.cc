#include "indexer/sqlite/sorted_table_writer.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

// `b` takes texts and numbers as they come.
constexpr char kTables[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b);"
    "CREATE TABLE w(x INTEGER, y INTEGER, b, PRIMARY KEY(x, y)) "
    "WITHOUT ROWID";

int64_t RandomNumber(std::mt19937_64* random) {
  const auto number = static_cast<int64_t>((*random)());
  return (*random)() % 4 == 0 ? 0 : number >> ((*random)() % 64);
}

// The same rows for whoever writes them: random numbers of every width, texts
// of every kind, some far longer than a page.
absl::Status WriteRows(uint32_t seed, SortedTableWriter* t,
                       SortedTableWriter* w) {
  std::mt19937_64 random(seed);
  const auto count = static_cast<int64_t>(random() % 3000);
  int64_t id = -static_cast<int64_t>(random() % 100);
  for (int64_t i = 0; i < count; ++i) {
    const std::string text(
        random() % 50 == 0 ? random() % 20000 : random() % 40,
        static_cast<char>('a' + i % 26));
    const Cell b = random() % 5 == 0 ? Cell() : Cell(std::string_view(text));
    const Cell a = random() % 5 == 0 ? Cell() : Cell(RandomNumber(&random));
    id += 1 + static_cast<int64_t>(random() % 3 == 0 ? random() >> 34 : 0);
    if (random() % 2 == 0) {
      const int64_t row[] = {RandomNumber(&random), RandomNumber(&random)};
      const auto nulls = static_cast<uint32_t>(random() % 4);
      const int64_t wide[] = {i / 7, id, row[1]};
      const absl::Status first = t->AddInts(id, row, 2, nulls);
      if (!first.ok()) return first;
      const absl::Status second = w->AddInts(0, wide, 3, (nulls & 1) << 2);
      if (!second.ok()) return second;
      continue;
    }
    const absl::Status first = t->Add(id, {a, b});
    if (!first.ok()) return first;
    const absl::Status second = w->Add(0, {i / 7, id, b});
    if (!second.ok()) return second;
  }
  const absl::Status first = t->Finish();
  return first.ok() ? w->Finish() : first;
}

std::vector<std::string> Rows(const std::string& path, const std::string& sql) {
  std::vector<std::string> rows;
  auto db = Connection::OpenReadOnly(path);
  EXPECT_THAT(db, IsOk());
  auto statement = (*db)->Prepare(sql);
  EXPECT_THAT(statement, IsOk());
  while (true) {
    const auto row = statement->Step();
    EXPECT_THAT(row, IsOk());
    if (!row.ok() || !*row) return rows;
    std::string text;
    for (int i = 0; i < statement->column_count(); ++i) {
      absl::StrAppend(
          &text,
          statement->is_null(i) ? "NULL" : std::string(statement->Text(i)),
          "|");
    }
    rows.push_back(text);
  }
}

TEST(SortedTableWriterTest, PagesAndInsertsGiveTheSameTables) {
  for (uint32_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const TempDir dir;
    const std::string inserts = dir.File("inserts.db");
    {
      auto db = Connection::Create(inserts);
      ASSERT_THAT(db, IsOk());
      ASSERT_THAT((*db)->Execute(kTables), IsOk());
      ASSERT_THAT((*db)->Execute("BEGIN"), IsOk());
      {
        auto t = InsertTableWriter::Make(BTreeWriter::Kind::kTable, db->get(),
                                         "t", 3);
        auto w = InsertTableWriter::Make(BTreeWriter::Kind::kIndex, db->get(),
                                         "w", 3);
        ASSERT_THAT(WriteRows(seed, t->get(), w->get()), IsOk());
      }
      ASSERT_THAT((*db)->Execute("COMMIT"), IsOk());
      ASSERT_THAT((*db)->Close(), IsOk());
    }
    const std::string pages = dir.File("pages.db");
    {
      auto db = Connection::Create(pages);
      ASSERT_THAT(db, IsOk());
      ASSERT_THAT((*db)->Execute(kTables), IsOk());
      const uint32_t t_root = *(*db)->RootPage("t");
      const uint32_t w_root = *(*db)->RootPage("w");
      ASSERT_THAT((*db)->Close(), IsOk());
      auto file = PageFile::Open(pages);
      ASSERT_THAT(file, IsOk());
      PageTableWriter t(BTreeWriter::Kind::kTable, file->get(), t_root);
      PageTableWriter w(BTreeWriter::Kind::kIndex, file->get(), w_root);
      ASSERT_THAT(WriteRows(seed, &t, &w), IsOk());
      ASSERT_THAT((*file)->Finish(), IsOk());
    }
    EXPECT_EQ((std::vector<std::string>{"ok|"}),
              Rows(pages, "PRAGMA integrity_check"));
    for (const char* sql :
         {"SELECT id, typeof(a), a, typeof(b), b FROM t ORDER BY id",
          "SELECT x, y, typeof(b), b FROM w ORDER BY x, y"}) {
      EXPECT_EQ(Rows(inserts, sql), Rows(pages, sql));
    }
  }
}

TEST(SortedTableWriterTest, SaysWhichTableIsMissing) {
  const TempDir dir;
  auto db = Connection::Create(dir.File("a.db"));
  ASSERT_THAT(db, IsOk());
  EXPECT_THAT((*db)->RootPage("t"),
              StatusIs(absl::StatusCode::kInternal, "no table t"));
  EXPECT_THAT(
      InsertTableWriter::Make(BTreeWriter::Kind::kTable, db->get(), "t", 3),
      StatusIs(absl::StatusCode::kInvalidArgument, "no such table: t"));
}

}  // namespace
}  // namespace heapq
