#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/memory/memory_account.h"
#include "query/memory/memory_bands.h"
#include "query/memory/memory_split.h"
#include "query/memory/memory_verdict.h"
#include "query/memory/sparse_pages.h"
#include "tests/indexer/store/store_fixture.h"

namespace heapq {
namespace {

constexpr uint64_t kMb = 1'000'000;

// A small healthy process: 50 MB, most of it files.
MemoryAccount Healthy() {
  MemoryAccount account;
  account.allocator = "glibc";
  account.resident.emplace();
  account.resident->ruby_heap = 5 * kMb;
  account.resident->main_heap = 12 * kMb;
  account.resident->anonymous = 3 * kMb;
  account.resident->files = 30 * kMb;
  account.rss = 50 * kMb;
  account.malloc = MemoryAccount::Malloc{10 * kMb, 1 * kMb, 0};
  account.page_size = 16384;
  account.objects = MemoryAccount::Objects{100'000, 4 * kMb, 6 * kMb};
  account.garbage = MemoryAccount::Objects{};
  return account;
}

std::string Verdict(const MemoryAccount& account) {
  const MemorySplit split = SplitMemory(account, 0);
  return std::string(KeyOf(JudgeMemory(account, split).verdict));
}

uint64_t Sum(const MemorySplit& split) {
  uint64_t sum = 0;
  for (const uint64_t bytes : split.bytes) sum += bytes;
  return sum;
}

TEST(MemorySplitTest, PartsAddUpToWhatIsResident) {
  const MemorySplit split = SplitMemory(Healthy(), 0);
  EXPECT_EQ(split.total, 50 * kMb);
  EXPECT_EQ(Sum(split), 50 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kSlots), 4 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kOwned), 6 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kFreeSlots), 1 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kNative), 5 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kFreeMalloc), 2 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kUnknown), 2 * kMb);
}

// Figures are claims of a file: sums hold whatever they are.
TEST(MemorySplitTest, NoPartExceedsWhatIsResident) {
  MemoryAccount account = Healthy();
  account.objects->slots = account.objects->owned = 1'000'000 * kMb;
  account.malloc->in_use = account.malloc->mapped = 1'000'000 * kMb;
  account.pages_allocated = 1'000'000'000;
  EXPECT_EQ(Sum(SplitMemory(account, 0)), 50 * kMb);
  account.allocator = "jemalloc";
  account.malloc->resident = 2'000'000 * kMb;
  EXPECT_EQ(Sum(SplitMemory(account, 1)), 50 * kMb);
  account.malloc.reset();
  EXPECT_EQ(Sum(SplitMemory(account, 0.5)), 50 * kMb);
  account.resident.reset();
  EXPECT_EQ(Sum(SplitMemory(account, 0.5)), 50 * kMb);
}

// Up to Ruby 3.0 malloc's "in use" has the pages of Ruby's heap.
TEST(MemorySplitTest, PagesWithinMallocAreNotNativeMemory) {
  MemoryAccount account = Healthy();
  account.resident->ruby_heap_in_malloc = 5 * kMb;
  account.pages_allocated = account.pages_found = 5 * kMb / 16384;
  account.malloc->in_use += 5 * kMb;
  const MemorySplit split = SplitMemory(account, 0);
  EXPECT_EQ(split.Of(MemoryPart::kNative) / 100'000, 50);
}

// jemalloc counts the transient heap of Ruby 3.2 as in use and as resident,
// whether it was touched or not.
TEST(MemorySplitTest, AnUntouchedTransientHeapIsNotNativeMemory) {
  MemoryAccount account = Healthy();
  account.allocator = "jemalloc";
  account.ruby = 302;
  account.resident->main_heap = 0;
  account.resident->anonymous = 50 * kMb;
  account.malloc = MemoryAccount::Malloc{52 * kMb, 0, 80 * kMb};
  MemorySplit split = SplitMemory(account, 0);
  EXPECT_EQ(split.Of(MemoryPart::kNative), 16 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kFreeMalloc), 28 * kMb);
  account.ruby = 303;
  split = SplitMemory(account, 0);
  EXPECT_EQ(split.Of(MemoryPart::kNative), 44 * kMb);
}

TEST(MemorySplitTest, GarbageWithinTheDumpIsEstimated) {
  MemoryAccount account = Healthy();
  account.garbage.reset();
  const MemorySplit split = SplitMemory(account, 0.25);
  EXPECT_TRUE(split.garbage_is_estimated);
  EXPECT_EQ(split.Of(MemoryPart::kSlots), 3 * kMb);
  EXPECT_EQ(split.Of(MemoryPart::kGarbage), 2'500'000);
}

TEST(MemoryVerdictTest, TheLargestPartWins) {
  EXPECT_EQ(Verdict(Healthy()), "small");
  MemoryAccount account = Healthy();
  account.resident->main_heap += 200 * kMb;
  MemoryAccount fragmented = account;
  EXPECT_EQ(Verdict(fragmented), "fragmented_malloc");
  account.malloc->in_use += 200 * kMb;
  EXPECT_EQ(Verdict(account), "native");
  MemoryAccount leak = account;
  leak.objects->owned += 200 * kMb;
  EXPECT_EQ(Verdict(leak), "objects");
  MemoryAccount garbage = account;
  garbage.garbage->owned = 200 * kMb;
  EXPECT_EQ(Verdict(garbage), "garbage");
  MemoryAccount pages = Healthy();
  pages.resident->ruby_heap += 100 * kMb;
  EXPECT_EQ(Verdict(pages), "fragmented_heap");
  MemoryAccount locked = account;
  locked.malloc.reset();
  EXPECT_EQ(Verdict(locked), "unexplained");
}

// Ruby 4.0 keeps most of the pages that a compaction empties.
TEST(MemoryVerdictTest, WhatACompactionGivesDependsOnTheRuby) {
  MemoryAccount account = Healthy();
  account.resident->ruby_heap += 95 * kMb;  // 100 MB, 96 of them free
  account.ruby = 304;
  EXPECT_THAT(JudgeMemory(account, SplitMemory(account, 0)).advice,
              testing::Contains(testing::HasSubstr("free about 96 MB")));
  account.ruby = 400;
  EXPECT_THAT(JudgeMemory(account, SplitMemory(account, 0)).advice,
              testing::Contains(testing::HasSubstr("free about 31 MB")));
}

// The memory of an interpreter besides its objects is not evidence of a leak.
TEST(MemoryVerdictTest, ALittleNativeMemoryIsNotAFinding) {
  MemoryAccount account = Healthy();
  account.resident->files = 0;
  account.resident->main_heap = 34 * kMb;
  account.malloc->in_use = 32 * kMb;
  EXPECT_EQ(Verdict(account), "small");
}

// Half of the objects, held by running methods alone, are work in progress.
TEST(MemoryVerdictTest, AWorkingSetIsNotALeak) {
  MemoryAccount account = Healthy();
  account.resident->main_heap += 200 * kMb;
  account.malloc->in_use += 200 * kMb;
  account.objects->owned += 200 * kMb;
  const MemorySplit split = SplitMemory(account, 0);
  MemoryFinding finding = JudgeMemory(account, split);
  RefineByWorkingSet({100 * kMb, 90 * kMb, "rows", "Report#build"}, split,
                     &finding);
  EXPECT_EQ(KeyOf(finding.verdict), "objects");
  RefineByWorkingSet({150 * kMb, 90 * kMb, "rows", "Report#build"}, split,
                     &finding);
  EXPECT_EQ(KeyOf(finding.verdict), "working_set");
  EXPECT_EQ(finding.sentence,
            "The largest part is the working set of methods that were running: "
            "150 MB (60%) are held by their locals alone, most by rows of "
            "Report#build");
  MemoryFinding native{MemoryVerdict::kNative, true, 150 * kMb, "", {}};
  RefineByWorkingSet({150 * kMb, 90 * kMb, "rows", ""}, split, &native);
  EXPECT_EQ(KeyOf(native.verdict), "native");
}

// Much memory in objects is an alarm only if some of them look like a leak.
TEST(MemoryVerdictTest, ObjectsAreAnAlarmIfTheyLookLikeALeak) {
  MemoryAccount account = Healthy();
  account.resident->main_heap += 200 * kMb;
  account.malloc->in_use += 200 * kMb;
  account.objects->owned += 200 * kMb;
  const MemorySplit split = SplitMemory(account, 0);
  MemoryFinding loaded = JudgeMemory(account, split);
  RefineByLeak(nullptr, split, &loaded);
  EXPECT_EQ(LevelOf(loaded), "normal");
  EXPECT_EQ(loaded.sentence,
            "Nothing unusual: live Ruby objects are the largest part, 210 MB "
            "(84%), and none of them looks like a leak");
  MemoryFinding leak = JudgeMemory(account, split);
  const LikelyLeak bus{"EventBus @handlers", 150 * kMb};
  RefineByLeak(&bus, split, &leak);
  EXPECT_EQ(LevelOf(leak), "alarm");
  EXPECT_EQ(leak.sentence,
            "The largest part is live Ruby objects: 210 MB (84%); a likely "
            "leak of 150 MB is held by EventBus @handlers");
  account.objects->owned -= 200 * kMb;
  const MemorySplit with_native = SplitMemory(account, 0);
  MemoryFinding native = JudgeMemory(account, with_native);
  RefineByLeak(nullptr, with_native, &native);
  EXPECT_EQ(KeyOf(native.verdict), "native");
  EXPECT_EQ(LevelOf(native), "alarm");
  EXPECT_EQ(LevelOf(JudgeMemory(Healthy(), SplitMemory(Healthy(), 0))),
            "normal");
}

TEST(MemoryVerdictTest, GrowthIsExplained) {
  MemoryAccount after = Healthy();
  after.resident->main_heap += 100 * kMb;
  after.malloc->in_use += 100 * kMb;
  const MemorySplit before = SplitMemory(Healthy(), 0);
  GrownHolder bus{"EventBus @handlers", 80 * kMb};
  EXPECT_EQ(ExplainGrowth(before, SplitMemory(after, 0), &bus),
            "+100 MB RSS: live Ruby objects grew by 0.0 MB, so it is not a "
            "leak of Ruby objects; native memory grew by 100 MB");
  after.objects->owned += 40 * kMb;
  EXPECT_EQ(ExplainGrowth(before, SplitMemory(after, 0), nullptr),
            "+100 MB RSS: 60 MB are native memory, and 40 MB are live Ruby "
            "objects");
  after.objects->owned += 55 * kMb;
  EXPECT_EQ(ExplainGrowth(before, SplitMemory(after, 0), &bus),
            "+100 MB RSS: 95 MB are live Ruby objects, held by EventBus "
            "@handlers");
  bus.bytes = 5 * kMb;
  EXPECT_EQ(ExplainGrowth(before, SplitMemory(after, 0), &bus),
            "+100 MB RSS: 95 MB are live Ruby objects");
  EXPECT_EQ(ExplainGrowth(SplitMemory(after, 0), before, nullptr),
            "-100 MB RSS, live Ruby objects -95 MB");
}

TEST(MemoryBandsTest, TheBarHasItsWidth) {
  const MemorySplit split = SplitMemory(Healthy(), 0);
  EXPECT_EQ(TextBar(split, 25), "█████▓▓▓░···············?");
  EXPECT_EQ(TextLegend(split),
            "█ live Ruby objects 20%  ▓ native memory 10%  ░ free in Ruby's "
            "heap and malloc 6%  · stacks, code and files 60%  ? unknown 4%");
  double all = 0;
  for (const BandBytes& band : BandsOf(split)) all += band.share;
  EXPECT_NEAR(all, 1, 1e-9);
}

using SparsePagesTest = StoreFixture;

TEST_F(SparsePagesTest, NamesTheClassesOnPagesThatAreNearlyEmpty) {
  std::string dump = R"([{"id":"_HEADER_","format":"heap_dump","version":2})"
                     "\n"
                     R"(,{"id":"_ROOTS_","globals":{"$k":163840}})"
                     "\n"
                     R"(,{"id":40,"bt":"T_CLASS","size":40,"name":"Session"})"
                     "\n"
                     R"(,{"id":163840,"bt":"T_ARRAY","size":40,"val":[40)";
  std::string objects;
  const auto add = [&](uint64_t id) {
    absl::StrAppend(&dump, ",", id);
    absl::StrAppend(&objects, ",{\"id\":", id,
                    ",\"bt\":\"T_OBJECT\",\"class\":40,\"size\":40}\n");
  };
  for (uint64_t i = 0; i < 400; ++i) add(16384 * 20 + 40 * i);  // a full page
  for (uint64_t page = 30; page < 35; ++page) add(16384 * page + 80);
  absl::StrAppend(&dump, "]}\n", objects, ",{\"id\":\"_END_\"}]");
  WriteDump(dump);
  auto db = HeapDb::Open(path_);
  ASSERT_THAT(db, IsOk());
  const auto pins = FindPagePins(db->get(), 16384, 5);
  ASSERT_THAT(pins, IsOk());
  ASSERT_FALSE(pins->empty());
  EXPECT_EQ((*pins)[0].class_name, "Session");
  EXPECT_EQ((*pins)[0].objects, 5u);
  EXPECT_EQ((*pins)[0].pages, 5u);
  EXPECT_EQ((*pins)[0].held_by, "$k → [*]");
  EXPECT_EQ((*pins)[0].held_share, 1);
}

}  // namespace
}  // namespace heapq
