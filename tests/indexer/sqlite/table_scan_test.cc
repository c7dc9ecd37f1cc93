#include "indexer/sqlite/table_scan.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "indexer/sqlite/connection.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

constexpr int kColumns = 3;

std::string ValueText(const std::string& type, const std::string& value) {
  return absl::StrCat(type, ":", value, "|");
}

std::vector<std::string> RowsBySql(Connection* db, const std::string& table) {
  std::vector<std::string> rows;
  auto statement = db->Prepare(absl::StrCat("SELECT * FROM ", table));
  EXPECT_THAT(statement, IsOk());
  while (*statement->Step()) {
    std::string text;
    for (int i = 0; i < kColumns; ++i) {
      text += statement->is_null(i)
                  ? ValueText("null", "")
                  : ValueText(absl::StrCat(statement->type(i) ==
                                                   Statement::Type::kInteger
                                               ? statement->Int(i)
                                               : 0),
                              statement->type(i) == Statement::Type::kText
                                  ? std::string(statement->Text(i))
                                  : "");
    }
    rows.push_back(text);
  }
  return rows;
}

absl::StatusOr<std::vector<std::string>> RowsByScan(const std::string& path,
                                                    const std::string& table) {
  auto scan = TableScan::Open(path, table, kColumns);
  if (!scan.ok()) return scan.status();
  std::vector<std::string> rows;
  while (true) {
    const auto row = (*scan)->Next();
    if (!row.ok()) return row.status();
    if (!*row) return rows;
    std::string text;
    for (int i = 0; i < kColumns; ++i) {
      text += (*scan)->is_null(i) ? ValueText("null", "")
                                  : ValueText(absl::StrCat((*scan)->Int(i)),
                                              std::string((*scan)->Text(i)));
    }
    rows.push_back(text);
  }
}

// Tables t (rowid) and w (WITHOUT ROWID), written by SQLite: numbers of every
// width, reals, NULLs, and texts of which some are longer than a page.
void MakeFile(const std::string& path, uint32_t seed, int page_size) {
  std::mt19937_64 random(seed);
  auto db = Connection::Reopen(path);
  ASSERT_THAT(db, IsOk());
  ASSERT_THAT(
      (*db)->Execute(absl::StrCat(
          "PRAGMA page_size=", page_size,
          "; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
          "CREATE TABLE w(x, y, b, PRIMARY KEY(x, y)) WITHOUT ROWID; BEGIN")),
      IsOk());
  for (const char* sql : {"INSERT OR IGNORE INTO t VALUES(?1, ?2, ?3)",
                          "INSERT OR IGNORE INTO w VALUES(?1, ?2, ?3)"}) {
    auto insert = (*db)->Prepare(sql);
    ASSERT_THAT(insert, IsOk());
    const int count = static_cast<int>(random() % 4000);
    for (int i = 0; i < count; ++i) {
      insert->Bind(1, static_cast<int64_t>(random()) >> (random() % 64));
      insert->Bind(2, static_cast<int64_t>(random()) >> (random() % 64));
      if (random() % 4 == 0) {
        insert->BindNull(3);
      } else {
        const size_t length =
            random() % 40 == 0 ? random() % 40000 : random() % 50;
        insert->Bind(3, std::string(length, static_cast<char>('a' + i % 26)));
      }
      ASSERT_THAT(insert->Run(), IsOk());
    }
  }
  ASSERT_THAT((*db)->Execute("UPDATE t SET a = 0.5 WHERE id % 7 = 0; COMMIT"),
              IsOk());
  ASSERT_THAT((*db)->Close(), IsOk());
}

TEST(TableScanTest, GivesTheRowsThatSqlGives) {
  constexpr int kPageSizes[] = {512, 1024, 4096, 65536};
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const TempDir dir;
    const std::string path = dir.File("a.db");
    { std::ofstream create(path); }
    MakeFile(path, seed, kPageSizes[seed % 4]);
    auto db = Connection::OpenReadOnly(path);
    ASSERT_THAT(db, IsOk());
    for (const char* table : {"t", "w"}) {
      const auto rows = RowsByScan(path, table);
      ASSERT_THAT(rows, IsOk());
      EXPECT_EQ(RowsBySql(db->get(), table), *rows);
    }
  }
}

TEST(TableScanTest, ReadsAFileWithAWriteAheadLog) {
  const TempDir dir;
  const std::string path = dir.File("a.db");
  { std::ofstream create(path); }
  MakeFile(path, 1, 4096);
  auto writer = Connection::OpenToAdd(path);
  ASSERT_THAT(writer, IsOk());
  ASSERT_THAT((*writer)->Execute("PRAGMA journal_mode=WAL; DELETE FROM t; "
                                 "INSERT INTO t VALUES(7, 8, 'in the log')"),
              IsOk());
  const auto rows = RowsByScan(path, "t");
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ((std::vector<std::string>{"7:|8:|0:in the log|"}), *rows);
}

TEST(TableScanTest, NobodyWritesWhileItReads) {
  const TempDir dir;
  const std::string path = dir.File("a.db");
  { std::ofstream create(path); }
  MakeFile(path, 1, 4096);
  auto writer = Connection::OpenToAdd(path);
  ASSERT_THAT(writer, IsOk());
  {
    auto scan = TableScan::Open(path, "t", 1);
    ASSERT_THAT(scan, IsOk());
    EXPECT_FALSE((*writer)->Execute("DELETE FROM t").ok());
  }
  EXPECT_THAT((*writer)->Execute("DELETE FROM t"), IsOk());
}

TEST(TableScanTest, SaysThatATableIsMissing) {
  const TempDir dir;
  const std::string path = dir.File("a.db");
  { std::ofstream create(path); }
  MakeFile(path, 1, 4096);
  EXPECT_THAT(TableScan::Open(path, "none", 1),
              StatusIs(absl::StatusCode::kInternal, "no table none"));
}

// Bytes changed anywhere: it ends, with rows or with kDataLoss. What it reads
// out of bounds, the sanitizers find.
TEST(TableScanTest, EndsOnADamagedFile) {
  const TempDir dir;
  const std::string path = dir.File("a.db");
  { std::ofstream create(path); }
  MakeFile(path, 5, 1024);
  std::string whole;
  {
    std::ifstream in(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  int damaged = 0;
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = whole;
    // The schema stays: SQLite reads it.
    for (int i = 0; i < 100; ++i) {
      bytes[1024 + random() % (bytes.size() - 1024)] =
          static_cast<char>(random());
    }
    const std::string broken = dir.File("broken.db");
    std::ofstream(broken, std::ios::binary) << bytes;
    for (const char* table : {"t", "w"}) {
      const auto rows = RowsByScan(broken, table);
      if (rows.ok()) continue;
      EXPECT_EQ(absl::StatusCode::kDataLoss, rows.status().code());
      ++damaged;
    }
  }
  EXPECT_GT(damaged, 0);
}

}  // namespace
}  // namespace heapq
