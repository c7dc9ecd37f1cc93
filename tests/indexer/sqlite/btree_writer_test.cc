#include "indexer/sqlite/btree_writer.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "indexer/sqlite/page_file.h"
#include "indexer/sqlite/record_builder.h"

namespace heapq {
namespace {

// Everything here is judged by libsqlite3 itself: what the writer laid out
// must read back, pass integrity_check, and bear ordinary SQL afterwards.
class BTreeWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/btree_writer_test.XXXXXX";
    const int fd = mkstemp(name);
    ASSERT_GE(fd, 0);
    close(fd);
    path_ = name;
  }
  void TearDown() override {
    sqlite3_close(db_);
    unlink(path_.c_str());
  }

  void OpenDb() {
    ASSERT_EQ(SQLITE_OK, sqlite3_open(path_.c_str(), &db_));
    Exec("PRAGMA synchronous=OFF");
  }
  void CloseDb() {
    sqlite3_close(db_);
    db_ = nullptr;
  }
  void Exec(const std::string& sql) {
    char* error = nullptr;
    ASSERT_EQ(SQLITE_OK,
              sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error))
        << sql << ": " << error;
  }
  // All rows, columns joined by '|'.
  std::vector<std::string> Rows(const std::string& sql) {
    std::vector<std::string> rows;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(SQLITE_OK,
              sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr))
        << sql << ": " << sqlite3_errmsg(db_);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        if (i > 0) row += '|';
        const auto* text = sqlite3_column_text(statement, i);
        row += text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
      }
      rows.push_back(row);
    }
    EXPECT_EQ(SQLITE_DONE, code) << sqlite3_errmsg(db_);
    sqlite3_finalize(statement);
    return rows;
  }
  uint32_t RootOf(const std::string& table) {
    const auto rows =
        Rows("SELECT rootpage FROM sqlite_schema WHERE name='" + table + "'");
    return rows.size() == 1 ? static_cast<uint32_t>(std::stoul(rows[0])) : 0;
  }
  void ExpectSound() {
    EXPECT_EQ(std::vector<std::string>{"ok"}, Rows("PRAGMA integrity_check"));
  }

  std::string path_;
  sqlite3* db_ = nullptr;
};

struct Row {
  int64_t id;
  int64_t a;
  std::string text;
};

std::string AsText(const Row& row) {
  return std::to_string(row.id) + "|" + std::to_string(row.a) + "|" + row.text;
}

// Texts from none over "fits" to several overflow pages.
std::string RandomText(std::mt19937* random, size_t page_size) {
  switch ((*random)() % 8) {
    case 0:
      return "";
    case 1:
      return std::string((*random)() % (4 * page_size), 'x');
    case 2:
      return std::string(page_size - 40 + (*random)() % 20, 'y');
    case 3:
      return std::string(page_size / 4 - 30 + (*random)() % 40, 'z');
    default:
      return std::string((*random)() % 30, 'w');
  }
}

TEST_F(BTreeWriterTest, LaysOutRandomTablesThatSqliteAccepts) {
  int seed = 0;
  for (const int page_size : {512, 1024, 4096, 65536}) {
    for (const int count : {0, 1, 2, 3, 17, 100, 1000, 6000}) {
      SCOPED_TRACE(testing::Message() << "seed " << ++seed << " page size "
                                      << page_size << " rows " << count);
      if (HasFatalFailure()) return;
      truncate(path_.c_str(), 0);
      OpenDb();
      Exec("PRAGMA page_size=" + std::to_string(page_size));
      Exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, text TEXT)");
      Exec(
          "CREATE TABLE w(a INTEGER, id INTEGER, text TEXT, PRIMARY KEY(a,id))"
          " WITHOUT ROWID");
      Exec("CREATE INDEX t_a ON t(a)");
      const uint32_t t = RootOf("t");
      const uint32_t w = RootOf("w");
      const uint32_t t_a = RootOf("t_a");
      CloseDb();

      std::mt19937 random(static_cast<unsigned>(seed));
      std::vector<Row> rows;
      int64_t id = seed % 3 == 0 ? -500 : 0;
      for (int i = 0; i < count; ++i) {
        id +=
            1 + static_cast<int64_t>(random() % 5 == 0 ? random() % 100000 : 0);
        int64_t a = static_cast<int64_t>(random());
        if (i % 7 == 0) a = static_cast<int64_t>(random() % 3);
        if (i % 11 == 0) a = -(a << (random() % 31));
        rows.push_back(
            {id, a, RandomText(&random, static_cast<size_t>(page_size))});
      }
      auto file = PageFile::Open(path_);
      ASSERT_TRUE(file.ok()) << file.status();
      RecordBuilder record;
      BTreeWriter table(BTreeWriter::Kind::kTable, file->get(), t);
      BTreeWriter clustered(BTreeWriter::Kind::kIndex, file->get(), w);
      BTreeWriter index(BTreeWriter::Kind::kIndex, file->get(), t_a);
      for (const Row& row : rows) {
        record.Clear();
        record.AddNull();
        record.AddInt(row.a);
        record.AddText(row.text);
        ASSERT_TRUE(table.Add(row.id, record.Header(), record.Body()).ok());
      }
      auto by_a = rows;
      std::sort(by_a.begin(), by_a.end(), [](const Row& x, const Row& y) {
        return std::make_pair(x.a, x.id) < std::make_pair(y.a, y.id);
      });
      for (const Row& row : by_a) {
        record.Clear();
        record.AddInt(row.a);
        record.AddInt(row.id);
        record.AddText(row.text);
        ASSERT_TRUE(clustered.Add(0, record.Header(), record.Body()).ok());
        record.Clear();
        record.AddInt(row.a);
        record.AddInt(row.id);
        ASSERT_TRUE(index.Add(0, record.Header(), record.Body()).ok());
      }
      ASSERT_TRUE(table.Finish().ok());
      ASSERT_TRUE(clustered.Finish().ok());
      ASSERT_TRUE(index.Finish().ok());
      ASSERT_TRUE((*file)->Finish().ok());

      std::vector<std::string> want;
      want.reserve(rows.size());
      for (const Row& row : rows) want.push_back(AsText(row));
      OpenDb();
      ExpectSound();
      EXPECT_EQ(want, Rows("SELECT id, a, text FROM t ORDER BY id"));
      EXPECT_EQ(want, Rows("SELECT id, a, text FROM w ORDER BY id"));
      for (int i = 0; i < 5 && !rows.empty(); ++i) {
        const Row& row = rows[random() % rows.size()];
        const std::string a = std::to_string(row.a);
        const std::string where =
            " WHERE a=" + a + " AND id=" + std::to_string(row.id);
        EXPECT_EQ(std::vector<std::string>{"1"},
                  Rows("SELECT count(*) FROM t INDEXED BY t_a" + where));
        EXPECT_EQ(std::vector<std::string>{"1"},
                  Rows("SELECT count(*) FROM w" + where));
      }
      // The file bears ordinary use: deletes, inserts, freelist reuse.
      Exec("DELETE FROM t WHERE id % 3 = 0");
      Exec("DELETE FROM w WHERE id % 2 = 0");
      Exec("INSERT INTO w SELECT a+1000000000000, id+1, text FROM w");
      Exec("INSERT INTO t SELECT NULL, a, text FROM t LIMIT 500");
      ExpectSound();
      Exec("VACUUM");
      ExpectSound();
      CloseDb();
    }
  }
}

TEST_F(BTreeWriterTest, HoldsRowsWithoutColumns) {
  OpenDb();
  Exec("PRAGMA page_size=512");
  Exec("CREATE TABLE t(a)");
  Exec("CREATE TABLE u(id INTEGER PRIMARY KEY)");
  const uint32_t u = RootOf("u");
  CloseDb();
  auto file = PageFile::Open(path_);
  ASSERT_TRUE(file.ok());
  BTreeWriter table(BTreeWriter::Kind::kTable, file->get(), u);
  RecordBuilder record;
  for (int64_t id = 1; id <= 3000; ++id) {
    record.Clear();
    record.AddNull();
    ASSERT_TRUE(table.Add(id, record.Header(), record.Body()).ok());
  }
  ASSERT_TRUE(table.Finish().ok());
  ASSERT_TRUE((*file)->Finish().ok());
  OpenDb();
  ExpectSound();
  EXPECT_EQ(std::vector<std::string>{"3000|4501500"},
            Rows("SELECT count(*), sum(id) FROM u"));
}

TEST_F(BTreeWriterTest, TwoThreadsGrowTwoTreesInOneFile) {
  OpenDb();
  Exec("CREATE TABLE a(x INTEGER, y INTEGER, PRIMARY KEY(x)) WITHOUT ROWID");
  Exec("CREATE TABLE b(x INTEGER, y INTEGER, PRIMARY KEY(x)) WITHOUT ROWID");
  const uint32_t a = RootOf("a");
  const uint32_t b = RootOf("b");
  CloseDb();
  auto file = PageFile::Open(path_);
  ASSERT_TRUE(file.ok());
  const auto fill = [&file](uint32_t root) {
    BTreeWriter tree(BTreeWriter::Kind::kIndex, file->get(), root);
    RecordBuilder record;
    for (int64_t x = 0; x < 100000; ++x) {
      record.Clear();
      record.AddInt(x);
      record.AddInt(x * root);
      ASSERT_TRUE(tree.Add(0, record.Header(), record.Body()).ok());
    }
    ASSERT_TRUE(tree.Finish().ok());
  };
  std::thread other(fill, a);
  fill(b);
  other.join();
  ASSERT_TRUE((*file)->Finish().ok());
  OpenDb();
  ExpectSound();
  EXPECT_EQ(std::vector<std::string>{"100000"},
            Rows("SELECT count(*) FROM a JOIN b USING(x) WHERE a.y/" +
                 std::to_string(a) + "=x AND b.y/" + std::to_string(b) + "=x"));
}

TEST_F(BTreeWriterTest, StepsOverTheLockPage) {
  OpenDb();
  Exec("PRAGMA page_size=65536");
  Exec("CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)");
  const uint32_t t = RootOf("t");
  CloseDb();
  // The page at 1 GiB belongs to SQLite's locks; a page a row leads past it.
  auto file = PageFile::Open(path_);
  ASSERT_TRUE(file.ok());
  BTreeWriter table(BTreeWriter::Kind::kTable, file->get(), t);
  RecordBuilder record;
  const std::string text(60000, 't');
  const int rows = 17000;
  for (int64_t id = 1; id <= rows; ++id) {
    record.Clear();
    record.AddNull();
    record.AddText(text);
    ASSERT_TRUE(table.Add(id, record.Header(), record.Body()).ok());
  }
  ASSERT_TRUE(table.Finish().ok());
  ASSERT_TRUE((*file)->Finish().ok());
  OpenDb();
  ExpectSound();
  EXPECT_EQ(std::vector<std::string>{"17000|60000|60000"},
            Rows("SELECT count(*), min(length(text)), max(length(text)) "
                 "FROM t"));
  Exec("INSERT INTO t VALUES(NULL, 'after')");
  ExpectSound();
}

TEST_F(BTreeWriterTest, RefusesFilesItCannotAppendTo) {
  OpenDb();
  Exec("PRAGMA auto_vacuum=FULL");
  Exec("CREATE TABLE t(a)");
  CloseDb();
  EXPECT_EQ(absl::StatusCode::kInvalidArgument,
            PageFile::Open(path_).status().code());
  truncate(path_.c_str(), 20);
  EXPECT_EQ(absl::StatusCode::kInvalidArgument,
            PageFile::Open(path_).status().code());
  EXPECT_EQ(absl::StatusCode::kUnavailable,
            PageFile::Open(path_ + ".none").status().code());
}

TEST(SqliteVarint, HasTheLengthThatItNeeds) {
  uint8_t buffer[10];
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t value = uint64_t{1} << bit;
    for (const uint64_t v : {value - 1, value, value + 1}) {
      EXPECT_EQ(SqliteVarintLength(v), PutSqliteVarint(buffer, v) - buffer)
          << v;
    }
  }
}

}  // namespace
}  // namespace heapq
