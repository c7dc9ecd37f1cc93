#ifndef HEAPQ_CLI_SERVE_DB_POOL_H_
#define HEAPQ_CLI_SERVE_DB_POOL_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The same heap.db opened several times, once for each thread that asks.
class DbPool {
 public:
  // One of them, for as long as this lives. Must not outlive the pool.
  class Lease {
   public:
    Lease(DbPool* pool, std::unique_ptr<HeapDb> db)
        : pool_(*pool), db_(std::move(db)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    HeapDb* get() const { return db_.get(); }

   private:
    DbPool& pool_;
    std::unique_ptr<HeapDb> db_;
  };

  // Errors: those of HeapDb::Open.
  static absl::StatusOr<std::unique_ptr<DbPool>> Open(const std::string& path,
                                                      size_t count);
  // Waits until one is free.
  std::unique_ptr<Lease> Take();

 private:
  DbPool() = default;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<HeapDb>> free_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_DB_POOL_H_
