#include "indexer/store/schema.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

using absl::StatusCode;

std::string SchemaPage() {
  return ReadFile(std::string(SOURCE_DIR) + "/docs/reference/schema.md");
}

// The statements of the page's SQL blocks that begin with `word`.
Strings DocumentedStatements(const std::set<std::string>& words) {
  Strings statements;
  const std::string page = SchemaPage();
  const std::string open = "```sql\n";
  for (size_t at = page.find(open); at != std::string::npos;
       at = page.find(open, at)) {
    at += open.size();
    const size_t end = page.find("```", at);
    std::string statement;
    for (; at < end; ++at) {
      if (page[at] != ';') {
        statement += page[at];
        continue;
      }
      statement.erase(0, statement.find_first_not_of('\n'));
      if (words.count(statement.substr(0, statement.find(' '))) != 0) {
        statements.push_back(statement);
      }
      statement.clear();
    }
  }
  return statements;
}

// One of everything, so that no documented query is vacuous.
HeapBuilder Everything() {
  HeapBuilder heap;
  auto& string = heap.Class("String");
  auto& app = heap.Module("App");
  auto& session = heap.Class("App::Session");
  heap.Global("$app", app);
  app.Const("Session", session);
  auto& one = heap.Add("T_STRING", string).Text("twice").At("app.rb", 3);
  auto& two = heap.Add("T_STRING", string).Text("twice");
  auto& start = heap.Iseq("start", "app.rb", 12);
  auto& env = heap.Imemo("VM/env").Part("iseq", start).Local("request", one);
  auto& proc = heap.Data("proc", session).Part("env", env);
  heap.Root("vm",
            heap.Hash().Pair(one, two).Pair(":proc", proc).Pair(":id", "17"));
  return heap;
}

class SchemaTest : public StoreFixture {};

TEST_F(SchemaTest, ThePageSaysWhatTheFileHolds) {
  Write(HeapBuilder());
  const Strings documented = DocumentedStatements({"CREATE"});
  const Strings found =
      Rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
  EXPECT_EQ(std::multiset<std::string>(documented.begin(), documented.end()),
            std::multiset<std::string>(found.begin(), found.end()));
  EXPECT_EQ(std::to_string(kSchemaVersion),
            Value("SELECT value FROM meta WHERE key = 'schema_version'"));
  EXPECT_NE(std::string::npos,
            SchemaPage().find("(" + std::to_string(kSchemaVersion) + ")"));
}

TEST_F(SchemaTest, ThePageNamesEveryKeyOfMeta) {
  WriteDump(Everything().Format2() + "garbage\n");
  const std::string page = SchemaPage();
  for (std::string key : Rows("SELECT key FROM meta")) {
    if (key.rfind("dropped_", 0) == 0) key = "dropped_<reason>";
    EXPECT_NE(std::string::npos, page.find("`" + key + "`")) << key;
  }
}

TEST_F(SchemaTest, ThePageNamesEveryView) {
  Write(HeapBuilder());
  const std::string page = SchemaPage();
  for (const std::string& view :
       Rows("SELECT name FROM sqlite_schema WHERE type = 'view'")) {
    EXPECT_NE(std::string::npos, page.find("`" + view + "`")) << view;
  }
}

TEST_F(SchemaTest, DocumentedQueriesHaveAnswers) {
  Write(Everything());
  const Strings queries = DocumentedStatements({"SELECT", "WITH"});
  EXPECT_GT(queries.size(), 5u);
  for (const std::string& query : queries) {
    EXPECT_FALSE(Rows(query).empty()) << query;
  }
}

TEST_F(SchemaTest, TheStockShellReadsAndWritesIt) {
  if (std::system("sqlite3 --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no sqlite3 here";
  }
  Write(Everything());
  const auto shell = [this](const std::string& sql) {
    FILE* pipe =
        popen(("sqlite3 '" + path_ + "' \"" + sql + "\" 2>&1").c_str(), "r");
    std::string out;
    for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) {
      out += static_cast<char>(c);
    }
    EXPECT_EQ(0, pclose(pipe)) << out;
    return out;
  };
  EXPECT_EQ("app.rb|3\n",
            shell("SELECT file, line FROM v_objects WHERE file NOT NULL"));
  EXPECT_EQ("ok\n", shell("DELETE FROM edges WHERE src % 2; INSERT INTO names "
                          "SELECT id + 1000, text FROM names; PRAGMA "
                          "integrity_check"));
  EXPECT_EQ("ok\n", shell("VACUUM; PRAGMA integrity_check"));
}

class CheckSchemaTest : public StoreFixture {
 protected:
  void SetUp() override { Write(Everything()); }
  // Returns the result of CheckSchema after `sql` was run on the file.
  absl::Status After(const std::string& sql) {
    auto writer = Connection::Reopen(path_);
    EXPECT_THAT(writer, IsOk());
    EXPECT_THAT((*writer)->Execute(sql), IsOk());
    EXPECT_THAT((*writer)->Close(), IsOk());
    auto reader = Connection::OpenReadOnly(path_);
    if (!reader.ok()) return reader.status();
    return CheckSchema(reader->get(), path_);
  }
};

TEST_F(CheckSchemaTest, KnowsItsOwn) { EXPECT_THAT(After(""), IsOk()); }

TEST_F(CheckSchemaTest, RefusesAnotherVersion) {
  EXPECT_THAT(After("PRAGMA user_version = 99"),
              StatusIs(StatusCode::kFailedPrecondition,
                       "a heap.db of schema 99, this heapq reads " +
                           std::to_string(kSchemaVersion)));
}

TEST_F(CheckSchemaTest, RefusesOtherDatabases) {
  EXPECT_THAT(After("PRAGMA application_id = 1"),
              StatusIs(StatusCode::kInvalidArgument, "no heap.db"));
}

TEST_F(CheckSchemaTest, RefusesWhatSomebodyAdded) {
  EXPECT_THAT(After("CREATE TRIGGER t AFTER INSERT ON names BEGIN DELETE FROM "
                    "names; END"),
              StatusIs(StatusCode::kInvalidArgument, "did not write"));
}

TEST_F(CheckSchemaTest, RefusesAViewInATablesPlace) {
  EXPECT_THAT(After("DROP TABLE strings; CREATE VIEW strings AS SELECT 1 AS "
                    "id, 'x' AS value"),
              StatusIs(StatusCode::kInvalidArgument, "did not write"));
}

TEST_F(CheckSchemaTest, RefusesWhatIsIncomplete) {
  EXPECT_THAT(After("DROP INDEX roots_dst"),
              StatusIs(StatusCode::kInvalidArgument, "incomplete"));
}

}  // namespace
}  // namespace heapq
