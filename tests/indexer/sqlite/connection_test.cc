#include "indexer/sqlite/connection.h"

#include <sqlite3.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/query_rows.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

using absl::StatusCode;

class ConnectionTest : public ::testing::Test {
 protected:
  // Runs `sql` with libsqlite3 itself, past the class under test.
  std::string MakeFile(const std::string& name, const std::string& sql) {
    const std::string path = dir_.File(name);
    sqlite3* db = nullptr;
    EXPECT_EQ(SQLITE_OK, sqlite3_open(path.c_str(), &db));
    char* error = nullptr;
    EXPECT_EQ(SQLITE_OK,
              sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error))
        << error;
    sqlite3_close(db);
    return path;
  }
  std::unique_ptr<Connection> Fresh() {
    auto connection = Connection::Create(dir_.File("fresh.db"));
    EXPECT_THAT(connection, IsOk());
    return *std::move(connection);
  }

  TempDir dir_;
};

// The status of running `sql` to its end.
absl::Status RunSql(Connection* connection, const std::string& sql) {
  absl::StatusOr<Statement> statement = connection->Prepare(sql);
  if (!statement.ok()) return statement.status();
  while (true) {
    const absl::StatusOr<bool> row = statement->Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
  }
}

TEST_F(ConnectionTest, ValuesComeBackAsTheyWent) {
  const auto db = Fresh();
  ASSERT_THAT(db->Execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v)"), IsOk());
  auto insert = db->Prepare("INSERT INTO t VALUES(?1, ?2)");
  ASSERT_THAT(insert, IsOk());
  const std::vector<int64_t> numbers = {0, 1, -1, INT64_MAX, INT64_MIN};
  const std::string with_nul("a\0b", 3);
  int64_t id = 0;
  for (const int64_t number : numbers) {
    insert->Bind(1, ++id);
    insert->Bind(2, number);
    ASSERT_THAT(insert->Run(), IsOk());
  }
  for (const std::string_view text :
       {std::string_view(with_nul), std::string_view("ü€"),
        std::string_view("")}) {
    insert->Bind(1, ++id);
    insert->Bind(2, text);
    ASSERT_THAT(insert->Run(), IsOk());
  }
  insert->Bind(1, ++id);
  insert->Bind(2, std::string_view());  // no pointer at all, yet a text
  ASSERT_THAT(insert->Run(), IsOk());
  insert->Bind(1, ++id);
  insert->BindNull(2);
  ASSERT_THAT(insert->Run(), IsOk());

  auto select = db->Prepare("SELECT v, id AS number FROM t ORDER BY id");
  ASSERT_THAT(select, IsOk());
  EXPECT_EQ(2, select->column_count());
  EXPECT_EQ("number", select->column_name(1));
  for (const int64_t number : numbers) {
    ASSERT_TRUE(*select->Step());
    EXPECT_EQ(Statement::Type::kInteger, select->type(0));
    EXPECT_EQ(number, select->Int(0));
  }
  for (const std::string& text :
       {with_nul, std::string("ü€"), std::string(), std::string()}) {
    ASSERT_TRUE(*select->Step());
    EXPECT_EQ(Statement::Type::kText, select->type(0));
    EXPECT_EQ(text, select->Text(0));
  }
  ASSERT_TRUE(*select->Step());
  EXPECT_TRUE(select->is_null(0));
  EXPECT_FALSE(*select->Step());

  auto other = db->Prepare("SELECT 0.5, x'6100ff'");
  ASSERT_THAT(other, IsOk());
  ASSERT_TRUE(*other->Step());
  EXPECT_EQ(Statement::Type::kReal, other->type(0));
  EXPECT_EQ(0.5, other->Real(0));
  EXPECT_EQ(Statement::Type::kBlob, other->type(1));
  EXPECT_EQ(std::string("a\0\xff", 3), other->Text(1));
}

TEST_F(ConnectionTest, TakesOneStatementAtATime) {
  const auto db = Fresh();
  EXPECT_THAT(db->Prepare("SELECT 1"), IsOk());
  EXPECT_THAT(db->Prepare("SELECT 1;  -- and that is all\n"), IsOk());
  EXPECT_THAT(db->Prepare("SELECT 1; SELECT 2"),
              StatusIs(StatusCode::kInvalidArgument, "more than one"));
  EXPECT_THAT(db->Prepare("SELECT 1; nonsense"),
              StatusIs(StatusCode::kInvalidArgument, "more than one"));
  EXPECT_THAT(db->Prepare(" -- nothing"),
              StatusIs(StatusCode::kInvalidArgument, "no SQL statement"));
  EXPECT_THAT(db->Prepare("SELEKT 1"),
              StatusIs(StatusCode::kInvalidArgument, "SELEKT"));
  EXPECT_THAT(db->Prepare(std::string(2 << 20, ' ')),
              StatusIs(StatusCode::kInvalidArgument, "too long"));
}

TEST_F(ConnectionTest, CreateDoesNotTouchAnotherFile) {
  const std::string path = dir_.Write("notes.txt", "dear diary");
  EXPECT_THAT(Connection::Create(path),
              StatusIs(StatusCode::kAlreadyExists, path));
  EXPECT_EQ("dear diary", ReadFile(path));
  EXPECT_THAT(Connection::Create(dir_.File("none/heap.db")),
              StatusIs(StatusCode::kUnavailable, "none/heap.db"));
}

TEST_F(ConnectionTest, CloseFailsWhileStatementsLive) {
  const auto db = Fresh();
  ASSERT_THAT(db->Execute("CREATE TABLE t(a)"), IsOk());
  {
    auto statement = db->Prepare("SELECT * FROM t");
    ASSERT_THAT(statement, IsOk());
    EXPECT_FALSE(db->Close().ok());
  }
  EXPECT_THAT(db->Close(), IsOk());
}

TEST_F(ConnectionTest, SaysWhatIsNoDatabase) {
  EXPECT_THAT(Connection::OpenReadOnly(dir_.File("none.db")),
              StatusIs(StatusCode::kNotFound, "heapq load"));
  EXPECT_THAT(Connection::OpenReadOnly(dir_.path()),
              StatusIs(StatusCode::kInvalidArgument, "is a folder"));
  EXPECT_THAT(
      Connection::OpenReadOnly(dir_.Write("text", std::string(5000, 'x'))),
      StatusIs(StatusCode::kInvalidArgument, "no heap.db"));
}

TEST_F(ConnectionTest, ReadOnlyMeansIt) {
  const std::string path =
      MakeFile("a.db",
               "CREATE TABLE t(a); INSERT INTO t VALUES(1);"
               "CREATE VIEW v AS SELECT a FROM t");
  const std::string before = ReadFile(path);
  {
    auto db = Connection::OpenReadOnly(path);
    ASSERT_THAT(db, IsOk());
    for (const char* sql :
         {"INSERT INTO t VALUES(2)", "DROP TABLE t", "CREATE TABLE u(a)",
          "PRAGMA user_version=7", "VACUUM"}) {
      EXPECT_FALSE(RunSql(db->get(), sql).ok()) << sql;
    }
    EXPECT_THAT(RunSql(db->get(), "SELECT * FROM v"), IsOk());
  }
  EXPECT_EQ(before, ReadFile(path));
}

TEST_F(ConnectionTest, UndoesWhatAKilledProcessBegan) {
  const std::string path = MakeFile(
      "a.db",
      "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT "
      "i+1 FROM n WHERE i < 50000) INSERT INTO t SELECT i FROM n");
  const std::string before = ReadFile(path);
  // What lies on the disk in the middle of a transaction that is larger than
  // the cache is what a process leaves that is killed there.
  std::string killed;
  {
    auto writer = Connection::OpenToAdd(path);
    ASSERT_THAT(writer, IsOk());
    ASSERT_THAT((*writer)->Execute("PRAGMA cache_size=5; BEGIN IMMEDIATE; "
                                   "UPDATE t SET a = a + 1"),
                IsOk());
    killed = dir_.Write("killed.db", ReadFile(path));
    dir_.Write("killed.db-journal", ReadFile(path + "-journal"));
  }
  ASSERT_NE(before, ReadFile(killed));
  EXPECT_EQ((std::vector<std::string>{"1250025000"}),
            QueryRows(killed, "SELECT sum(a) FROM t"));
  EXPECT_EQ(before, ReadFile(killed));
}

TEST_F(ConnectionTest, TypedSqlCanOnlyRead) {
  const std::string path =
      MakeFile("a.db", "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  auto db = Connection::OpenReadOnly(path);
  ASSERT_THAT(db, IsOk());
  (*db)->AllowOnlyReading();
  for (const char* sql : {
           "SELECT * FROM t",
           "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n "
           "WHERE i < 9) SELECT sum(i), max(i) FROM n",
           "SELECT name FROM sqlite_schema",
           "PRAGMA table_info(t)",
           "EXPLAIN QUERY PLAN SELECT * FROM t",
       }) {
    EXPECT_THAT(RunSql(db->get(), sql), IsOk()) << sql;
  }
  const std::string out = dir_.File("out.db");
  for (const std::string& sql : {
           std::string("INSERT INTO t VALUES(2)"),
           std::string("CREATE TEMP TABLE u AS SELECT * FROM t"),
           "ATTACH '" + out + "' AS other",
           "VACUUM INTO '" + out + "'",
           std::string("PRAGMA query_only=0"),
           std::string("PRAGMA writable_schema=1"),
           std::string("PRAGMA journal_mode=WAL"),
           std::string("SELECT * FROM pragma_query_only"),
           std::string("SELECT load_extension('/tmp/evil')"),
           std::string("BEGIN"),
           std::string("SAVEPOINT s"),
           std::string("ANALYZE"),
       }) {
    EXPECT_FALSE(RunSql(db->get(), sql).ok()) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(ConnectionTest, DoesNotTrustTheSchemaOfAFile) {
  // Views and triggers of a file that somebody sent could call functions.
  const std::string path =
      MakeFile("evil.db",
               "CREATE TABLE t(a); CREATE VIEW v AS SELECT "
               "load_extension('/tmp/evil') AS a;"
               "CREATE VIEW w AS SELECT * FROM pragma_journal_mode");
  auto db = Connection::OpenReadOnly(path);
  ASSERT_THAT(db, IsOk());
  EXPECT_FALSE(RunSql(db->get(), "SELECT * FROM v").ok());
  EXPECT_FALSE(RunSql(db->get(), "SELECT * FROM w").ok());
}

TEST_F(ConnectionTest, DamageIsToldNotFollowed) {
  const std::string path = MakeFile(
      "a.db",
      "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT "
      "i+1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n");
  std::string bytes = ReadFile(path);
  for (size_t at = 4096; at < bytes.size(); ++at) bytes[at] = '\x5a';
  const std::string damaged = dir_.Write("damaged.db", bytes);
  auto db = Connection::OpenReadOnly(damaged);
  ASSERT_THAT(db, IsOk());
  EXPECT_THAT(RunSql(db->get(), "SELECT sum(a) FROM t"),
              StatusIs(StatusCode::kDataLoss, "malformed"));
}

// Endless, unless somebody stops it.
constexpr char kEndless[] =
    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n) "
    "SELECT count(*) FROM n";

TEST_F(ConnectionTest, CancellationStopsAStatement) {
  const auto db = Fresh();
  int questions = 0;
  db->SetCancellation(
      Cancellation::Unless([&questions] { return ++questions < 10; }));
  EXPECT_THAT(RunSql(db.get(), kEndless),
              StatusIs(StatusCode::kCancelled, "interrupted"));
  EXPECT_EQ(10, questions);
  db->SetCancellation({});
  EXPECT_THAT(RunSql(db.get(), "SELECT 1"), IsOk());
  EXPECT_EQ(10, questions);
}

TEST_F(ConnectionTest, InterruptStopsAStatement) {
  const auto db = Fresh();
  db->Interrupt();  // nothing runs: no effect
  EXPECT_THAT(RunSql(db.get(), "SELECT 1"), IsOk());
  int questions = 0;
  db->SetCancellation(Cancellation::Unless([&] {
    if (++questions == 3) {
      std::thread([&db] { db->Interrupt(); }).join();
    }
    return true;
  }));
  EXPECT_THAT(RunSql(db.get(), kEndless),
              StatusIs(StatusCode::kCancelled, "interrupted"));
}

}  // namespace
}  // namespace heapq
