// `heapq serve` answers several requests at once. Runs under ThreadSanitizer.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cli/serve/site.h"
#include "gtest/gtest.h"
#include "tests/cli/run_heapq.h"
#include "tests/support/heap_builder.h"
#include "tests/support/rich_heap.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

HttpRequest Get(const std::string& path, const std::string& text = {}) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  if (!text.empty()) request.query["q"] = text;
  return request;
}

TEST(SiteThreadsTest, EachOfManyGetsTheAnswerItWouldGetAlone) {
  TempDir dir;
  HeapBuilder heap;
  AddRichHeap("!", &heap);
  const std::string dump = dir.Write("dump.json", heap.Format2());
  const std::string db = dir.File("heap.db");
  ASSERT_EQ(0, RunHeapqWith({"load", dump, "--db", db}).code);
  Site::Options options;
  options.db = db;
  options.threads = 2;  // fewer than ask
  std::vector<HttpRequest> requests = {
      Get("/"), Get("/search", "User"),
      Get("/sql", "SELECT count(*) FROM edges"), Get("/sql", "no SQL"),
      Get("/nothing-here")};
  for (int id = 1; id <= 20; ++id) {
    requests.push_back(Get("/object/#" + std::to_string(id)));
    requests.push_back(Get("/instances/#" + std::to_string(id)));
  }
  auto alone = Site::Open(options);
  ASSERT_THAT(alone.status(), IsOk());
  std::vector<HttpResponse> wanted;
  for (const HttpRequest& request : requests) {
    wanted.push_back((*alone)->Answer(request));
  }
  ASSERT_EQ(200u, wanted[0].status) << "the report";
  EXPECT_LT(20, std::count_if(wanted.begin(), wanted.end(),
                              [](const HttpResponse& response) {
                                return response.status == 200;
                              }));

  auto site = Site::Open(options);
  ASSERT_THAT(site.status(), IsOk());
  std::atomic<size_t> right{0};
  std::vector<std::thread> askers;
  constexpr size_t kAskers = 4;
  for (size_t asker = 0; asker < kAskers; ++asker) {
    askers.emplace_back([&, asker] {
      for (size_t i = 0; i < requests.size(); ++i) {
        // Some ask for the same at the same time, others for something else.
        const size_t at = (i + asker / 2 * 7) % requests.size();
        const HttpResponse got = (*site)->Answer(requests[at]);
        if (got.status == wanted[at].status && got.body == wanted[at].body) {
          ++right;
        }
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(kAskers * requests.size(), right);
}

}  // namespace
}  // namespace heapq
