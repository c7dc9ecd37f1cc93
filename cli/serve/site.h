#ifndef HEAPQ_CLI_SERVE_SITE_H_
#define HEAPQ_CLI_SERVE_SITE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "cli/serve/db_pool.h"
#include "cli/serve/http.h"
#include "indexer/base/cancellation.h"
#include "query/report/report.h"

namespace heapq {

// The pages about one heap.db:
//   /                     the report, made when it is first asked for
//   /search?q=TEXT        classes and strings; an id leads to its object
//   /object/ID            fields, path, referrers (?skip=N), what it retains
//   /instances/ID         of a class
//   /sql?q=SELECT         rows, with a limit on their number and on time
class Site {
 public:
  struct Options {
    std::string db;
    std::string older;  // for the report; empty: none
    ReportOptions report;
    size_t threads = 4;
    int seconds = 10;  // for a search or SQL
    size_t rows = 500;
  };

  // Errors: those of HeapDb::Open.
  static absl::StatusOr<std::unique_ptr<Site>> Open(const Options& options);

  // May be called by several threads at once.
  HttpResponse Answer(const HttpRequest& request);
  // Ends what takes long, now and later.
  void Stop() { stopping_.store(true); }

 private:
  explicit Site(const Options& options) : options_(options) {}

  absl::StatusOr<std::string> Page(const HttpRequest& request);
  absl::StatusOr<std::string> Report();
  absl::StatusOr<std::string> Search(const std::string& text);
  absl::StatusOr<std::string> Object(const std::string& id,
                                     const std::string& skip);
  absl::StatusOr<std::string> InstancesOf(const std::string& id);
  absl::StatusOr<std::string> Sql(const std::string& sql);
  std::string ErrorPage(const absl::Status& status);
  Cancellation Deadline() const;

  const Options options_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<DbPool> pool_;
  std::mutex report_mutex_;
  std::string report_;  // empty: not made yet
};

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_SITE_H_
