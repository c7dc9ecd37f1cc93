#include "indexer/load/load.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/indexer/load/load_fixture.h"
#include "tests/support/status_matchers.h"

namespace heapq {
namespace {

using absl::StatusCode;

class LoadTest : public LoadFixture {};

TEST_F(LoadTest, TellsWhatItLoaded) {
  HeapBuilder heap;
  auto& user = heap.Class("User").Size(500);
  auto& bob = heap.Object(user).Size(40);
  auto& lost = heap.Object(user).Size(48);  // nothing refers to it
  bob.Ivar("@name", heap.String("Bob").Size(44));
  bob.To(heap.Dangling());
  bob.WeakTo(lost);
  heap.Global("$bob", bob);
  const auto summary = Load(Options(dir_.Write("dump.json", heap.Format2())));
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(DumpFormat::kHeapDump2, summary->format);
  EXPECT_EQ(4u, summary->objects);
  EXPECT_EQ(1u, summary->ghosts);
  EXPECT_EQ(4u, summary->edges);  // @name, the dangling one, two class edges
  EXPECT_EQ(1u, summary->weak_edges);
  EXPECT_EQ(1u, summary->roots);
  EXPECT_EQ(500u + 40 + 48 + 44, summary->size);
  EXPECT_EQ(3u, summary->reachable);  // Bob, his name, his class
  EXPECT_EQ(500u + 40 + 44, summary->reachable_size);
  EXPECT_FALSE(summary->truncated);
  EXPECT_TRUE(summary->drops.empty());

  EXPECT_EQ((std::vector<std::string>{"dump.json", "heap.db"}), Files());
  EXPECT_EQ("User", LoadedClass());
  EXPECT_EQ(dir_.File("dump.json"),
            QueryValue(db(), "SELECT value FROM meta WHERE key = 'source'"));
  struct stat info;
  ASSERT_EQ(0, stat(db().c_str(), &info));
  EXPECT_EQ(0600u, info.st_mode & 0777) << "a heap is full of secrets";
}

TEST_F(LoadTest, SummaryAndMetaSayTheSame) {
  const auto summary =
      Load(Options(dir_.Write("dump.json", DumpOf("User", 100))));
  ASSERT_THAT(summary, IsOk());
  const auto meta = [this](const std::string& key) {
    return std::stoull(
        QueryValue(db(), "SELECT value FROM meta WHERE key = '" + key + "'"));
  };
  EXPECT_EQ(summary->records, meta("records"));
  EXPECT_EQ(summary->objects, meta("objects"));
  EXPECT_EQ(summary->edges, meta("edges"));
  EXPECT_EQ(summary->roots, meta("roots"));
  EXPECT_EQ(summary->size, meta("size"));
  EXPECT_EQ(summary->reachable, meta("reachable"));
  EXPECT_EQ(summary->reachable_size, meta("reachable_size"));
  EXPECT_EQ(0u, meta("truncated"));
}

TEST_F(LoadTest, ReplacesAHeapDb) {
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  ASSERT_THAT(Load(Options(dir_.Write("b.json", DumpOf("Second", 5)))), IsOk());
  EXPECT_EQ("Second", LoadedClass());
}

TEST_F(LoadTest, ReplacesAnEmptyFile) {
  dir_.Write("heap.db", "");
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  EXPECT_EQ("First", LoadedClass());
}

TEST_F(LoadTest, ReplacesADamagedHeapDb) {
  const std::string dump = dir_.Write("a.json", DumpOf("First", 10));
  ASSERT_THAT(Load(Options(dump)), IsOk());
  const std::string whole = ReadFile(db());
  std::string noise = whole;
  std::fill(noise.begin() + 100, noise.end(), '\xa5');
  for (const std::string& damaged :
       {whole.substr(0, 72), whole.substr(0, 5000), noise}) {
    dir_.Write("heap.db", damaged);
    ASSERT_THAT(Load(Options(dump)), IsOk()) << damaged.size();
    EXPECT_EQ("First", LoadedClass());
  }
  dir_.Write("heap.db", whole.substr(0, 71));  // may be any database
  EXPECT_THAT(Load(Options(dump)),
              StatusIs(StatusCode::kFailedPrecondition, "is not a heap.db"));
}

TEST_F(LoadTest, WaitsForOneWhoWritesIntoIt) {
  const std::string dump = dir_.Write("a.json", DumpOf("First", 10));
  ASSERT_THAT(Load(Options(dump)), IsOk());
  const std::string before = ReadFile(db());
  const auto write_for = [this](std::chrono::milliseconds time) {
    int locked[2];
    EXPECT_EQ(0, pipe(locked));
    const pid_t pid = fork();
    if (pid == 0) {
      auto writer = Connection::OpenToAdd(db());
      const bool ok = writer.ok() && (*writer)->Execute("BEGIN EXCLUSIVE").ok();
      if (write(locked[1], "x", 1) != 1) _exit(2);
      std::this_thread::sleep_for(time);
      _exit(ok ? 0 : 1);
    }
    char byte = 0;
    EXPECT_EQ(1, read(locked[0], &byte, 1));
    close(locked[0]);
    close(locked[1]);
    return pid;
  };
  const pid_t stays = write_for(std::chrono::minutes(2));
  EXPECT_THAT(Load(Options(dump)), StatusIs(StatusCode::kUnavailable,
                                            "is writing into it just now"));
  EXPECT_EQ(before, ReadFile(db()));
  kill(stays, SIGKILL);
  waitpid(stays, nullptr, 0);
  const pid_t leaves = write_for(std::chrono::milliseconds(500));
  EXPECT_THAT(Load(Options(dump)), IsOk());
  int status = 0;
  waitpid(leaves, &status, 0);
  EXPECT_EQ(0, status);
}

TEST_F(LoadTest, RefusesToReplaceAnythingElse) {
  const std::string dump = dir_.Write("a.json", DumpOf("First", 10));
  const std::string notes = dir_.Write("heap.db", "dear diary");
  EXPECT_THAT(Load(Options(dump)),
              StatusIs(StatusCode::kFailedPrecondition, "is not a heap.db"));
  EXPECT_EQ("dear diary", ReadFile(notes));

  std::filesystem::remove(notes);
  {
    auto other = Connection::Create(notes);
    ASSERT_THAT(other, IsOk());
    ASSERT_THAT((*other)->Execute("CREATE TABLE mine(a)"), IsOk());
    ASSERT_THAT((*other)->Close(), IsOk());
  }
  const std::string before = ReadFile(notes);
  EXPECT_THAT(Load(Options(dump)),
              StatusIs(StatusCode::kFailedPrecondition, "is not a heap.db"));
  EXPECT_EQ(before, ReadFile(notes));

  std::filesystem::remove(notes);
  ASSERT_EQ(0, mkfifo(notes.c_str(), 0600));
  EXPECT_THAT(Load(Options(dump)),
              StatusIs(StatusCode::kFailedPrecondition, "is not a heap.db"));
  std::filesystem::remove(notes);
  std::filesystem::create_directory(notes);
  EXPECT_THAT(Load(Options(dump)),
              StatusIs(StatusCode::kFailedPrecondition, "is not a heap.db"));
  EXPECT_EQ((std::vector<std::string>{"a.json", "heap.db"}), Files());
}

TEST_F(LoadTest, WritesThroughASymbolicLink) {
  std::filesystem::create_directory(dir_.File("store"));
  dir_.Write("store/real.db", "");
  std::filesystem::create_symlink("store/real.db", db());
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  EXPECT_TRUE(std::filesystem::is_symlink(db()));
  EXPECT_GT(std::filesystem::file_size(dir_.File("store/real.db")), 0u);
  EXPECT_EQ("First", LoadedClass());
}

TEST_F(LoadTest, ClearsWhatBelongedToTheOldFile) {
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  // A hot journal would be applied to the new file by its first reader.
  dir_.Write("heap.db-journal", "");
  dir_.Write("heap.db-wal", "");
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("Second", 9)))), IsOk());
  EXPECT_EQ((std::vector<std::string>{"a.json", "heap.db"}), Files());
}

TEST_F(LoadTest, SaysWhereItCannotWrite) {
  LoadOptions options = Options(dir_.Write("a.json", DumpOf("First", 10)));
  options.output = dir_.File("none/heap.db");
  EXPECT_THAT(Load(options),
              StatusIs(StatusCode::kUnavailable, "none/heap.db"));
}

TEST_F(LoadTest, DamageIsCountedAndStrictRefusesIt) {
  std::string dump = DumpOf("User", 10);
  dump.insert(dump.find("\n,{") + 1, ",{\"id\":broken\n");
  LoadOptions options = Options(dir_.Write("a.json", dump));
  const auto summary = Load(options);
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(1u, summary->drops.totals().size());
  EXPECT_EQ("1", QueryValue(db(), "SELECT count(*) FROM drops"));
  EXPECT_EQ("1", QueryValue(db(),
                            "SELECT sum(value) FROM meta WHERE key LIKE "
                            "'dropped\\_%' ESCAPE '\\'"));

  const std::string before = ReadFile(db());
  options.strict = true;
  EXPECT_THAT(Load(options), StatusIs(StatusCode::kDataLoss, "a.json:2"));
  EXPECT_EQ(before, ReadFile(db()));
  EXPECT_EQ((std::vector<std::string>{"a.json", "heap.db"}), Files());
}

TEST_F(LoadTest, BadInputLeavesTheOldFile) {
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  for (const char* input : {"", "garbage", "{}\n", "\x1f\x8b\x08garbage"}) {
    EXPECT_FALSE(Load(Options(dir_.Write("bad.json", input))).ok()) << input;
  }
  EXPECT_THAT(Load(Options(dir_.File("none.json"))),
              StatusIs(StatusCode::kNotFound, "none.json"));
  EXPECT_EQ("First", LoadedClass());
  EXPECT_EQ((std::vector<std::string>{"a.json", "bad.json", "heap.db"}),
            Files());
}

TEST_F(LoadTest, AnOldJournalIsNotTakenForTheNewFiles) {
  // The old heap.db was removed by hand, after a process was killed that wrote.
  dir_.Write("heap.db-journal", "of another file");
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  EXPECT_EQ((std::vector<std::string>{"a.json", "heap.db"}), Files());
  EXPECT_EQ("First", LoadedClass());
}

TEST_F(LoadTest, EachStageCanBeCancelled) {
  ASSERT_THAT(Load(Options(dir_.Write("a.json", DumpOf("First", 10)))), IsOk());
  const std::string dump = dir_.Write("b.json", DumpOf("Second", 40000));
  const auto expect_first = [&] {
    ASSERT_EQ("First", LoadedClass());
    ASSERT_EQ((std::vector<std::string>{"a.json", "b.json", "heap.db"}),
              Files());
  };
  for (const std::string_view cancelled : {"reading", "analysing", "writing"}) {
    SCOPED_TRACE(cancelled);
    LoadOptions options = Options(dump);
    StopFlag stop;
    options.progress = [&](std::string_view stage, uint64_t, uint64_t) {
      if (stage == cancelled) stop.Request();
    };
    options.cancellation = stop;
    ASSERT_THAT(Load(options), StatusIs(StatusCode::kCancelled, "cancelled"));
    expect_first();
  }
  // At the first question, then the second, … until a load is through. How
  // many there are while reading differs from load to load.
  bool loaded = false;
  for (int at = 1; !loaded; ++at) {
    ASSERT_LT(at, 10000);
    int questions = 0;
    LoadOptions options = Options(dump);
    options.cancellation =
        Cancellation::Unless([&questions, at] { return ++questions < at; });
    const auto summary = Load(options);
    loaded = summary.ok();
    if (loaded) break;
    ASSERT_THAT(summary, StatusIs(StatusCode::kCancelled, "cancelled"));
    expect_first();
  }
  EXPECT_EQ("Second", LoadedClass());
}

}  // namespace
}  // namespace heapq
