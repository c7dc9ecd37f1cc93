// A heap.db that is damaged, or made to do harm: whatever is in it, each
// question ends, with an answer or with an error, and memory stays bounded.
// Run under AddressSanitizer this is worth most (.ci/run).
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "indexer/load/load.h"
#include "indexer/sqlite/connection.h"
#include "tests/cli/run_heapq.h"
#include "tests/support/heap_builder.h"
#include "tests/support/query_rows.h"
#include "tests/support/rich_heap.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

using Words = std::vector<std::string>;

class HostileDbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("HEAPQ_DB");
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(dir_.path());
    HeapBuilder heap;
    AddRichHeap("t", &heap);
    LoadOptions options;
    options.input = dir_.Write("dump.json", heap.Format2());
    options.output = "other.db";
    ASSERT_THAT(Load(options), IsOk());
    sound_ = ReadFile("other.db");
    questions_ =
        EveryQuestion({"#1", "#17", "#40", "#60"}, "Space::Thingt", "other.db");
    ASSERT_GT(questions_.size(), 50u);
  }
  void TearDown() override { std::filesystem::current_path(before_); }

  // Asks `count` of the questions about the file `db`.
  void Ask(size_t count, std::mt19937* random) {
    std::shuffle(questions_.begin(), questions_.end(), *random);
    for (size_t i = 0; i < std::min(count, questions_.size()); ++i) {
      Words words = questions_[i];
      const int format = static_cast<int>((*random)() % 3);
      if (format > 0) {
        words.insert(words.end(), {"--format", format == 1 ? "json" : "csv"});
      }
      const Ran ran = RunHeapqWith(words);
      ASSERT_LE(ran.code, 2) << words[0];
      if (ran.code != 0) {
        ASSERT_EQ(1, std::count(ran.err.begin(), ran.err.end(), '\n'))
            << ran.err;
      }
    }
  }
  // Changes the file heap.db; whether that was possible.
  static bool Change(const std::string& sql) {
    auto db = Connection::Reopen("heap.db");
    EXPECT_THAT(db, IsOk());
    const bool done = (*db)->Execute(sql).ok();
    EXPECT_THAT((*db)->Close(), IsOk());
    return done;
  }

  TempDir dir_;
  std::filesystem::path before_;
  std::string sound_;  // bytes of a good heap.db
  std::vector<Words> questions_;
};

TEST_F(HostileDbTest, TheSoundFileAnswers) {
  dir_.Write("heap.db", sound_);
  size_t answered = 0;
  for (const Words& words : questions_) {
    answered += RunHeapqWith(words).code == 0 ? 1 : 0;
  }
  EXPECT_GT(answered, questions_.size() / 3);
}

TEST_F(HostileDbTest, FlippedBytes) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string file = sound_;
    // Few, so that it is still opened, or many.
    for (unsigned flips = 1U << random() % 10; flips > 0; --flips) {
      file[100 + random() % (file.size() - 100)] =
          static_cast<char>(random() % 2 == 0 ? random() : 0xff);
    }
    dir_.Write("heap.db", file);
    Ask(25, &random);
    if (HasFatalFailure()) return;
  }
}

TEST_F(HostileDbTest, CutOrGrown) {
  std::mt19937 random(1);
  for (size_t size = 0; size < sound_.size(); size += 1 + random() % 12000) {
    SCOPED_TRACE(size);
    dir_.Write("heap.db", sound_.substr(0, size));
    Ask(4, &random);
  }
  dir_.Write("heap.db", sound_ + std::string(10000, '\xff'));
  Ask(20, &random);
}

// Every value that a column can hold, in rows at random.
TEST_F(HostileDbTest, ColumnsOfOtherTypesAndOutOfRange) {
  unsigned seed = 0;
  for (const std::string& table : QueryRows(
           "other.db", "SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    for (const std::string& column :
         QueryRows("other.db", absl::StrCat("SELECT name FROM pragma_table_"
                                            "info('",
                                            table, "')"))) {
      SCOPED_TRACE(absl::StrCat(table, ".", column, " ", ++seed));
      std::mt19937 random(seed);
      dir_.Write("heap.db", sound_);
      for (const char* value :
           {"NULL", "'text'", "x'00ff80'", "-1", "1e300", "0", "4294967297",
            "9223372036854775807", "-9223372036854775807 - 1", "3.5",
            "'\x1b[2J'", "zeroblob(100000)"}) {
        Change(absl::StrCat("UPDATE OR IGNORE ", table, " SET \"", column,
                            "\" = ", value, " WHERE abs(random()) % 12 = 0"));
      }
      Ask(12, &random);
      if (HasFatalFailure()) return;
    }
  }
}

// Rings that a sound file does not have: each way up or down from an object.
TEST_F(HostileDbTest, RingsInTreesAndPaths) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    dir_.Write("heap.db", sound_);
    const std::string any =
        absl::StrCat("(id * ", 3 + 2 * (random() % 50), " + ", random() % 97,
                     ") % (SELECT max(id) + 1 FROM objects)");
    for (const char* column :
         {"parent", "idom", "jump", "depth", "class", "tier"}) {
      if (random() % 2 != 0) continue;
      EXPECT_TRUE(Change(absl::StrCat("UPDATE objects SET ", column, " = ", any,
                                      " WHERE tier IS NOT NULL")));
    }
    EXPECT_TRUE(Change("UPDATE objects SET retained = 100000 + id % 3"));
    EXPECT_TRUE(Change(absl::StrCat(
        "DELETE FROM dominated; INSERT INTO dominated SELECT ", any,
        ", retained, id, type, kind, class, size FROM objects")));
    EXPECT_TRUE(Change(absl::StrCat("UPDATE classes SET superclass = ", any,
                                    ", \"real\" = ", any)));
    EXPECT_TRUE(Change(absl::StrCat("UPDATE iseqs SET parent = ", any)));
    EXPECT_TRUE(Change(absl::StrCat("UPDATE top_retainers SET id = ", any)));
    Ask(questions_.size(), &random);
    if (HasFatalFailure()) return;
  }
}

// Numbers of meta are what memory is taken by.
TEST_F(HostileDbTest, AFileThatClaimsBillionsOfObjects) {
  for (const char* claim :
       {"UPDATE meta SET value = 4294967295 WHERE key = 'objects'",
        "UPDATE meta SET value = 4200000000 WHERE key = 'ghosts'",
        "UPDATE meta SET value = -1 WHERE key = 'objects'",
        "UPDATE meta SET value = 4294967290 WHERE key = 'objects'; UPDATE "
        "objects SET id = 4294967290 WHERE id = 1"}) {
    dir_.Write("heap.db", sound_);
    ASSERT_TRUE(Change(claim));
    const Ran ran = RunHeapqWith({"top-types"});
    EXPECT_EQ(1, ran.code) << claim;
    EXPECT_NE(std::string::npos, ran.err.find("damaged")) << ran.err;
  }
}

TEST_F(HostileDbTest, ExpressionsOfItsOwnAreNotRun) {
  for (const char* own :
       {"CREATE VIEW mine AS SELECT load_extension('/tmp/x')",
        "CREATE TRIGGER mine AFTER INSERT ON names BEGIN DELETE FROM names; "
        "END",
        "CREATE INDEX mine ON names(abs(id))",
        "CREATE VIRTUAL TABLE mine USING fts5(text)",
        "ALTER TABLE names ADD COLUMN mine GENERATED ALWAYS AS (abs(id))",
        "DROP VIEW v_roots; CREATE VIEW v_roots AS SELECT randomblob(1 << 30)",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace("
        "sql, 'text TEXT NOT NULL', 'text TEXT CHECK(load_extension(1))')"}) {
    dir_.Write("heap.db", sound_);
    if (!Change(own)) continue;  // this SQLite has no such thing
    const Ran ran = RunHeapqWith({"top-types"});
    EXPECT_EQ(1, ran.code) << own;
    EXPECT_NE(std::string::npos, ran.err.find("heap.db: ")) << ran.err;
    EXPECT_NE(std::string::npos, ran.err.find("load")) << ran.err;
  }
}

TEST_F(HostileDbTest, NothingIsWritten) {
  dir_.Write("heap.db", sound_);
  for (const Words& words : questions_) {
    // These keep what they found, in tables made for it.
    if (words[0] != "waste" && words[0] != "report") RunHeapqWith(words);
  }
  EXPECT_EQ(sound_, ReadFile("heap.db"));
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(".")) {
    const std::string name = entry.path().filename().string();
    if (name != "report.html") files.push_back(name);  // was asked for
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ((std::vector<std::string>{"dump.json", "heap.db", "other.db"}),
            files);
}

}  // namespace
}  // namespace heapq
