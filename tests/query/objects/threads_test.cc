#include "query/objects/threads.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/indexer/store/store_fixture.h"
#include "tests/support/heap_builder.h"

namespace heapq {
namespace {

class ThreadsTest : public StoreFixture {};

std::string Describe(const ThreadFrame& frame) {
  std::string text = frame.label;
  for (const FrameValue& value : frame.values) {
    absl::StrAppend(&text, " ", value.name, "=",
                    value.id == 0 ? value.value : absl::StrCat("#", value.id));
  }
  return text;
}

// Two calls of a method that calls itself are at the same line of the same
// code.
TEST_F(ThreadsTest, FramesOfARecursiveMethodKeepTheirOwnLocals) {
  HeapBuilder heap;
  auto& node = heap.Class("Node");
  auto& leaf = heap.Object(node).Size(100);
  auto& root = heap.Object(node).Size(1000);
  auto& thread = heap.Data("VM/thread");
  heap.Root("vm", thread);
  thread.Frame("Node#walk", "node.rb", 7, 0, {{"node", leaf}, {"depth", "1"}});
  thread.Frame("Node#walk", "node.rb", 7, 0, {{"node", root}, {"depth", "0"}});
  WriteDump(heap.Format2(), {});
  auto db = HeapDb::Open(path_);
  ASSERT_THAT(db, IsOk());

  const auto threads = ReadThreads(db->get());
  ASSERT_THAT(threads, IsOk());
  ASSERT_EQ(1u, threads->size());
  const std::vector<ThreadFrame>& frames = threads->front().frames;
  ASSERT_EQ(2u, frames.size());
  EXPECT_EQ("Node#walk node=#2 depth=1", Describe(frames[0]));
  EXPECT_EQ("Node#walk node=#3 depth=0", Describe(frames[1]));
  EXPECT_EQ(100u, frames[0].retained);
  EXPECT_EQ(1000u, frames[1].retained);
}

}  // namespace
}  // namespace heapq
